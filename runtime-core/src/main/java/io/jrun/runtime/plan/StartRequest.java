package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Configuration;

/**
 * One start to plan.
 *
 * @param rootfs host path of the container's root file system
 * @param record host path of the file whose identity is the container's
 * @param sideFiles host path that the plan's own files begin with; the planner appends what tells their content
 * @param devices decides about devices, once it is known what the image says
 */
public record StartRequest(
        StartOptions options,
        Configuration configuration,
        ByteString rootfs,
        ByteString record,
        ByteString sideFiles,
        Devices.Source devices) {}

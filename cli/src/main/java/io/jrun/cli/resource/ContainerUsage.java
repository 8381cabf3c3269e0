package io.jrun.cli.resource;

import io.jrun.runtime.cgroup.Usage;

/**
 * What one running container uses.
 *
 * @param pid that takes signals for it
 */
public record ContainerUsage(String name, long pid, Usage usage) {}

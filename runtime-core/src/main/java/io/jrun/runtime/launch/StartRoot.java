package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep.MountImage;
import java.util.List;
import java.util.Optional;

/**
 * The root file system of a start, found.
 *
 * @param rootfs host path where it shows, in the case of an image file once that is mounted
 * @param record host path of the file whose identity is the root file system's
 * @param files the host's, as they are when it is mounted
 * @param cache where its plans lie
 * @param hash under which name
 * @param image to mount
 * @param inputs what was found beyond what the planner asks for
 */
record StartRoot(
        ByteString rootfs,
        ByteString record,
        HostFiles files,
        PlanCache cache,
        String hash,
        Optional<MountImage> image,
        List<PlanInput> inputs) {

    StartRoot {
        inputs = List.copyOf(inputs);
    }

    StartRoot withCache(PlanCache other, String otherHash) {
        return new StartRoot(rootfs, record, files, other, otherHash, image, inputs);
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Optional;

/**
 * A plan with what must lie on the host before it can run.
 *
 * @param sideDirectory host path of the plan's own files; empty when it needs none
 * @param sideFiles to write into it, read-only from then on
 * @param mountPoints to make, parents included
 * @param directories of the caller's on the host to make, parents included
 */
public record PlannedStart(
        Plan plan,
        Optional<ByteString> sideDirectory,
        List<SideFile> sideFiles,
        List<MountPoint> mountPoints,
        List<ByteString> directories) {

    /** @param name within the side directory */
    public record SideFile(String name, ByteString content) {}

    /** What a mount point has to be. */
    public enum PointKind {
        DIRECTORY,
        FILE
    }

    /**
     * An empty directory or file.
     *
     * @param tree host directory that stands for the container's root
     * @param path below it, absolute, free of symbolic links
     */
    public record MountPoint(ByteString tree, ByteString path, PointKind kind) {}

    public PlannedStart {
        sideFiles = List.copyOf(sideFiles);
        mountPoints = List.copyOf(mountPoints);
        directories = List.copyOf(directories);
    }
}

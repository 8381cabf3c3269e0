package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceNote;
import io.jrun.runtime.loader.LoaderFile;
import java.util.List;
import java.util.Optional;

/**
 * A plan with what must lie on the host before it can run.
 *
 * @param sideDirectory host path of the plan's own files; empty when it needs none
 * @param sideFiles to write into it, read-only from then on
 * @param loaderFiles to write into it likewise
 * @param mountPoints to make, parents included
 * @param links to make; a tree that is the container's own keeps files that are there
 * @param modes of directories among the mount points
 * @param notes what was decided about devices, and about variables against what was probably meant
 * @param directories of the caller's on the host to make, parents included
 */
public record PlannedStart(
        Plan plan,
        Optional<ByteString> sideDirectory,
        List<SideFile> sideFiles,
        List<LoaderFile> loaderFiles,
        List<MountPoint> mountPoints,
        List<Link> links,
        List<PointMode> modes,
        List<DeviceNote> notes,
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

    /** @param target its text; tree and path as of a mount point */
    public record Link(ByteString tree, ByteString path, ByteString target) {}

    /** @param mode permission bits; tree and path as of a mount point */
    public record PointMode(ByteString tree, ByteString path, int mode) {}

    public PlannedStart {
        sideFiles = List.copyOf(sideFiles);
        loaderFiles = List.copyOf(loaderFiles);
        mountPoints = List.copyOf(mountPoints);
        links = List.copyOf(links);
        modes = List.copyOf(modes);
        notes = List.copyOf(notes);
        directories = List.copyOf(directories);
    }
}

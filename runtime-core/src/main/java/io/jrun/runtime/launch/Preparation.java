package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.launch.PlanCache.SideContent;
import io.jrun.runtime.plan.PlannedStart;
import io.jrun.runtime.plan.PlannedStart.Link;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.store.StandardMountPoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a start needs on the host, made before its plan is run: directories, mount points, links, files beside the plan. */
final class Preparation {

    private Preparation() {}

    static void make(StartRoot root, PlannedStart planned) throws JrunException {
        for (ByteString directory : planned.directories()) {
            makeDirectory(directory);
        }
        if (root.image().isPresent()) {
            makeDirectory(root.rootfs());
        }
        List<MountPoint> inLayer = new ArrayList<>();
        for (MountPoint point : planned.mountPoints()) {
            if (point.tree().equals(root.rootfs())) {
                makeInRootfs(root, point);
            } else {
                inLayer.add(point);
            }
        }
        List<Link> links = new ArrayList<>();
        for (Link link : planned.links()) {
            if (link.tree().equals(root.rootfs())) {
                linkInRootfs(root, link);
            } else {
                links.add(link);
            }
        }
        if (planned.sideDirectory().isPresent()) {
            SideContent content =
                    new SideContent(planned.sideFiles(), planned.loaderFiles(), inLayer, links, planned.modes());
            root.cache().writeSideFiles(planned.sideDirectory().get(), content, root.rootfs(), root.files());
        }
    }

    /** A link that an earlier start left is replaced, a file of the image's never. */
    private static void linkInRootfs(StartRoot root, Link link) throws JrunException {
        Path file = Path.of(root.rootfs().toString(), link.path().toString());
        try {
            Files.createDirectories(file.resolveSibling(".").normalize());
            Path target = Path.of(link.target().toString());
            if (Files.isSymbolicLink(file) && !Files.readSymbolicLink(file).equals(target)) {
                Files.delete(file);
            }
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(file, target);
            }
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make the link " + link.path() + " in the container", PlanCache.reason(e)), e);
        }
    }

    static void makeDirectory(ByteString directory) throws JrunException {
        try {
            Files.createDirectories(Path.of(directory.toString()));
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make the directory " + directory, FileFailure.cause(e))
                            .hint("name a directory of yours, or one that you may make"),
                    e);
        }
    }

    private static void makeInRootfs(StartRoot root, MountPoint point) throws JrunException {
        FileKind kind = point.kind() == PointKind.DIRECTORY ? FileKind.DIRECTORY : FileKind.REGULAR;
        if (root.image().isPresent()) {
            throw new UsageException(Failure.of(
                            "make the mount point " + point.path() + " in the image",
                            "image files are read-only (EROFS)")
                    .hint("write to a layer above it: --overlay"));
        }
        try {
            StandardMountPoints.make(Path.of(root.rootfs().toString()), point.path(), kind);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("make the mount point " + point.path() + " in the container", PlanCache.reason(e)), e);
        }
    }
}

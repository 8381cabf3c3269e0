package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Refuses what cannot carry the upper layer of an overlay before anything is mounted. */
final class UpperLayers {

    /**
     * Those that check names anew on each look-up, cannot hold the marks of deleted files, or are read-only. Source:
     * Documentation/filesystems/overlayfs.rst, "Upper and Lower"; fs/overlayfs/super.c, ovl_dentry_remote.
     */
    private static final List<String> UNFIT = List.of(
            "nfs",
            "nfs4",
            "lustre",
            "gpfs",
            "overlay",
            "aufs",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "afs",
            "ceph",
            "beegfs",
            "beegfs_nodev",
            "orangefs",
            "pvfs2",
            "panfs",
            "wekafs",
            "virtiofs",
            "vfat",
            "msdos",
            "exfat",
            "ecryptfs",
            "squashfs",
            "iso9660",
            "erofs");

    private UpperLayers() {}

    /** Directories to make on the host before the plan runs. */
    static List<ByteString> directories(OverlayUpper.Directory upper) {
        return List.of(upper.path().plus(ByteString.of("/upper")), upper.path().plus(ByteString.of("/work")));
    }

    static void require(Optional<OverlayUpper> upper, HostCapabilities capabilities, HostFiles files)
            throws JrunException {
        if (upper.isEmpty()) {
            return;
        }
        Optional<Failure> refused = capabilities.noOverlay();
        if (refused.isPresent()) {
            throw new HostUnsupportedException(Failure.of(
                            "write above a container's root file system",
                            refused.get().why())
                    .hint("needs Linux 5.11 or newer; --rw writes to the container itself"));
        }
        if (upper.get() instanceof OverlayUpper.Directory directory) {
            require(directory.path(), files);
        }
    }

    private static void require(ByteString path, HostFiles files) throws JrunException {
        ByteString existing = path;
        while (files.stat(existing).kind() == FileKind.MISSING && existing.length() > 1) {
            existing = parent(existing);
        }
        String what = "keep changes in " + path;
        if (files.stat(existing).kind() != FileKind.DIRECTORY) {
            throw new UsageException(Failure.of(what, existing + " is no directory that you can reach (ENOTDIR)")
                    .hint("give --overlay=DIR a directory, or a size such as 2g"));
        }
        Optional<String> type = files.fileSystemType(existing);
        if (type.isPresent() && isUnfit(type.get().toLowerCase(Locale.ROOT))) {
            throw new HostUnsupportedException(Failure.of(
                            what,
                            "it lies on " + type.get() + ", which the kernel does not take as the upper layer of an"
                                    + " overlay (EINVAL)")
                    .hint(CheckLine.OVERLAY.behind(
                            "use a directory on a local disk, such as one below $TMPDIR, or keep the changes in memory:"
                                    + " --overlay")));
        }
    }

    private static boolean isUnfit(String type) {
        return UNFIT.contains(type) || type.startsWith("fuse");
    }

    private static ByteString parent(ByteString path) {
        List<Integer> slashes = new ArrayList<>();
        for (int at = path.indexOf('/', 0); at >= 0; at = path.indexOf('/', at + 1)) {
            slashes.add(at);
        }
        int last = slashes.get(slashes.size() - 1);
        return last == 0 ? ByteString.of("/") : path.substring(0, last);
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.PathView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A container's file tree as it will be once the mounts planned so far are in place. */
final class MountView implements PathView {

    /** @param source host path; empty for a mount that begins empty */
    private record Mounted(ByteString target, Optional<ByteString> source) {}

    private final ByteString rootfs;
    private final HostFiles files;
    private final List<Mounted> mounts = new ArrayList<>();

    MountView(ByteString rootfs, HostFiles files) {
        this.rootfs = rootfs;
        this.files = files;
    }

    void add(ByteString target, Optional<ByteString> source) {
        mounts.add(new Mounted(target, source));
    }

    /** The mount point above or at {@code path}; empty when the root file system itself shows there. */
    Optional<ByteString> mountPointAbove(ByteString path) {
        Optional<Mounted> mounted = covering(path);
        return mounted.isPresent() ? Optional.of(mounted.get().target()) : Optional.empty();
    }

    /** Where {@code path} lies on the host; empty in a mount that begins empty. */
    Optional<ByteString> hostPath(ByteString path) {
        Optional<Mounted> mounted = covering(path);
        if (mounted.isEmpty()) {
            return Optional.of(rootfs.plus(path));
        }
        Optional<ByteString> source = mounted.get().source();
        return source.isPresent()
                ? Optional.of(
                        source.get().plus(path.substring(mounted.get().target().length())))
                : Optional.empty();
    }

    /** A later mount hides earlier ones at or below its mount point. */
    private Optional<Mounted> covering(ByteString path) {
        for (int i = mounts.size() - 1; i >= 0; i--) {
            ByteString target = mounts.get(i).target();
            boolean below = path.length() > target.length()
                    && path.byteAt(target.length()) == '/'
                    && path.substring(0, target.length()).equals(target);
            if (below || path.equals(target)) {
                return Optional.of(mounts.get(i));
            }
        }
        return Optional.empty();
    }

    /** Directories on the way to a mount point are made where the root file system has none. */
    private boolean leadsToMountPoint(ByteString path) {
        ByteString below = path.plus(ByteString.of("/"));
        for (Mounted mounted : mounts) {
            ByteString target = mounted.target();
            if (target.length() > below.length()
                    && target.substring(0, below.length()).equals(below)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public FileKind kind(ByteString path) {
        FileKind kind = shownKind(path);
        return kind == FileKind.MISSING && leadsToMountPoint(path) ? FileKind.DIRECTORY : kind;
    }

    private FileKind shownKind(ByteString path) {
        Optional<Mounted> mounted = covering(path);
        Optional<ByteString> place = hostPath(path);
        boolean mountPoint = mounted.isPresent() && mounted.get().target().equals(path);
        if (place.isEmpty()) {
            return mountPoint ? FileKind.DIRECTORY : FileKind.MISSING;
        }
        // A mount shows what its source leads to, so only at a mount point a link of the host is followed.
        return mountPoint
                ? files.stat(place.get()).kind()
                : files.lstat(place.get()).kind();
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        Optional<ByteString> place = hostPath(path);
        return place.isPresent() ? files.readLink(place.get()) : Optional.empty();
    }
}

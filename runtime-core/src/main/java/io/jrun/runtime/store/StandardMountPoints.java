package io.jrun.runtime.store;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.PathView;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the places in a new root file system that every start mounts on, where the image has none. Links of the image
 * are followed within the root file system only, modes and times of the image's directories stay as they were.
 */
public final class StandardMountPoints {

    private static final List<String> DIRECTORIES = List.of("/proc", "/sys", "/dev", "/tmp");

    private static final List<String> FILES = List.of(
            "/etc/resolv.conf",
            "/etc/hosts",
            "/etc/hostname",
            "/etc/machine-id",
            "/etc/passwd",
            "/etc/group",
            "/etc/localtime");

    private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-r--r--");

    private final Path rootfs;
    private final PathView view;

    private StandardMountPoints(Path rootfs, HostFiles files) {
        this.rootfs = rootfs;
        this.view = PathView.of(HostPaths.fromPath(rootfs), files);
    }

    /** The paths made, in the order in which they were. */
    static List<String> addMissing(Path rootfs, HostFiles files) throws IOException {
        StandardMountPoints points = new StandardMountPoints(rootfs, files);
        List<String> added = new ArrayList<>();
        for (String path : DIRECTORIES) {
            points.add(path, FileKind.DIRECTORY, added);
        }
        for (String path : FILES) {
            points.add(path, FileKind.REGULAR, added);
        }
        return added;
    }

    private void add(String path, FileKind kind, List<String> added) throws IOException {
        Resolved found;
        try {
            found = RootfsResolver.resolve(view, ByteString.of(path));
        } catch (UsageException linksWithoutEnd) {
            return;
        }
        // A link leads into the time zone database, where a mount would give a zone's name a wrong meaning.
        boolean zone = path.equals("/etc/localtime") && found.throughLink();
        if (found.kind() == FileKind.MISSING && found.obstacle().isEmpty() && !zone) {
            make(rootfs, found.path(), kind);
            added.add(found.path().toString());
        }
    }

    /**
     * Makes one empty directory or file and the directories above it.
     *
     * @param tree a directory that no other process changes meanwhile
     * @param path below it, absolute, without symbolic links
     */
    public static void make(Path tree, ByteString path, FileKind kind) throws IOException {
        Path parent = tree;
        List<ByteString> names = RootfsResolver.components(path);
        for (int i = 0; i < names.size(); i++) {
            Path child = parent.resolve(name(names.get(i)));
            if (!Files.exists(child)) {
                boolean file = i == names.size() - 1 && kind != FileKind.DIRECTORY;
                makeIn(parent, child, file);
            }
            parent = child;
        }
    }

    private static String name(ByteString name) throws UsageException {
        Optional<Path> text = HostPaths.toPath(name);
        if (text.isEmpty()) {
            throw new UsageException(Failure.of(
                            "make the mount point " + name, "its name is no UTF-8, and the container does not have it")
                    .hint("mount on a path that exists in the container"));
        }
        return text.get().toString();
    }

    /** Directories of images may be read-only even for their owner. */
    private static void makeIn(Path parent, Path child, boolean file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(parent);
        FileTime changed = Files.getLastModifiedTime(parent);
        Set<PosixFilePermission> writable =
                EnumSet.of(PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
        writable.addAll(mode);
        boolean locked = !writable.equals(mode);
        if (locked) {
            Files.setPosixFilePermissions(parent, writable);
        }
        try {
            if (file) {
                Files.createFile(child);
                Files.setPosixFilePermissions(child, FILE_MODE);
            } else {
                Files.createDirectory(child);
                Files.setPosixFilePermissions(child, DIRECTORY_MODE);
            }
        } finally {
            if (locked) {
                Files.setPosixFilePermissions(parent, mode);
            }
            Files.setLastModifiedTime(parent, changed);
        }
    }
}

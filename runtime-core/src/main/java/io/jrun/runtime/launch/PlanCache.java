package io.jrun.runtime.launch;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import io.jrun.posix.OwnerOnly;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.loader.LoaderFile;
import io.jrun.runtime.plan.PlannedStart.Link;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.PlannedStart.PointMode;
import io.jrun.runtime.plan.PlannedStart.SideFile;
import io.jrun.runtime.store.StandardMountPoints;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The compiled plans of one container, in {@code plans/HASH}, with the files of a plan in {@code plans/HASH.CONTENT/}.
 * Everything appears by rename(2) and is never changed in place, so readers need no lock. Holds at most
 * {@value #MAX_PLANS} plans; deleting it costs only time.
 */
final class PlanCache {

    /** Command lines of one user and container on each node of a cluster that shares the store; each costs some 10 KiB. */
    static final int MAX_PLANS = 1024;

    /** A process that read a plan before it was replaced mounts its files within seconds. */
    private static final long SIDE_FILES_KEPT_MILLIS = 3_600_000;

    private static final String TEMPORARY = ".tmp-";

    /** A plan with its files; the accounts of a large site may be more. */
    private static final int TRIED_BYTES = 64 << 10;

    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("r--r--r--");

    private final Path directory;

    PlanCache(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /**
     * Whether a plan and its files can be kept here, which is tried, since only that tells of quotas and full disks; makes
     * the directory where it is missing.
     */
    boolean hasRoom() {
        Path draft = directory.resolve(draftName());
        try {
            Files.createDirectories(directory, OwnerOnly.DIRECTORY);
            try {
                writeTo(draft, new byte[TRIED_BYTES]);
            } finally {
                Files.deleteIfExists(draft);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Writes the files of a plan, mount points included, unless the same ones are there.
     *
     * @param place within this cache
     * @param content mount points and links in the container itself left out
     * @param view the file system in which {@code rootfs} lies
     */
    void writeSideFiles(ByteString place, SideContent content, ByteString rootfs, HostFiles view) throws JrunException {
        Path target = path(place);
        if (Files.isDirectory(target)) {
            return;
        }
        String what = "write the files of the plan in " + directory;
        try {
            Path draft = makeDraft();
            for (SideFile file : content.files()) {
                writeReadable(draft.resolve(file.name()), file.content().toBytes());
            }
            for (LoaderFile file : content.loaderFiles()) {
                writeReadable(draft.resolve(file.name()), file.content());
            }
            for (MountPoint point : content.points()) {
                makePoint(draft, place, point);
            }
            for (Link link : content.links()) {
                makeLink(draft, place, link);
            }
            for (MountPoint point : content.points()) {
                copyModes(draft, place, point, rootfs, view);
            }
            for (Link link : content.links()) {
                copyModes(draft, place, new MountPoint(link.tree(), link.path(), PointKind.FILE), rootfs, view);
            }
            for (PointMode mode : content.modes()) {
                setMode(draft, place, mode);
            }
            Files.setPosixFilePermissions(draft, OwnerOnly.DIRECTORY.value());
            moveInto(draft, target);
        } catch (JrunException e) {
            throw e;
        } catch (AccessDeniedException e) {
            throw new DeniedException(Failure.of(what, "you may not write there (EACCES)"), e);
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of(what, reason(e)).hint("make room there, or set XDG_CACHE_HOME to where there is some"),
                    e);
        }
    }

    /** What lies in a side directory. */
    record SideContent(
            List<SideFile> files,
            List<LoaderFile> loaderFiles,
            List<MountPoint> points,
            List<Link> links,
            List<PointMode> modes) {
        SideContent {
            files = List.copyOf(files);
            loaderFiles = List.copyOf(loaderFiles);
            points = List.copyOf(points);
            links = List.copyOf(links);
            modes = List.copyOf(modes);
        }
    }

    /** Not by createTempDirectory, whose random numbers cost every first start of a container 15 ms. */
    private Path makeDraft() throws IOException {
        String name = TEMPORARY + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
        return Files.createDirectory(directory.resolve(name), OwnerOnly.DIRECTORY);
    }

    private static void writeReadable(Path path, byte[] content) throws IOException {
        writeTo(path, content);
        Files.setPosixFilePermissions(path, READABLE);
    }

    private static Path path(ByteString place) {
        Optional<Path> path = HostPaths.toPath(place);
        if (path.isEmpty()) {
            throw new IllegalArgumentException("no path of ours: " + place);
        }
        return path.get();
    }

    private static void makePoint(Path draft, ByteString place, MountPoint point) throws IOException {
        Path tree = tree(draft, place, point);
        Files.createDirectories(tree);
        boolean file = point.kind() == PointKind.FILE;
        StandardMountPoints.make(tree, point.path(), file ? FileKind.REGULAR : FileKind.DIRECTORY);
    }

    private static Path tree(Path draft, ByteString place, MountPoint point) {
        return tree(draft, place, point.tree());
    }

    private static Path tree(Path draft, ByteString place, ByteString tree) {
        return draft.resolve(path(tree.substring(place.length() + 1)));
    }

    private static void makeLink(Path draft, ByteString place, Link link) throws IOException {
        Path file =
                tree(draft, place, link.tree()).resolve(link.path().toString().substring(1));
        Files.createDirectories(file.resolveSibling(".").normalize());
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(file, Path.of(link.target().toString()));
        }
    }

    private static void setMode(Path draft, ByteString place, PointMode mode) throws IOException {
        Path directory =
                tree(draft, place, mode.tree()).resolve(mode.path().toString().substring(1));
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.setAttribute(directory, "unix:mode", mode.mode());
        }
    }

    /** When all points are made: many an image's directories may not be written even by their owner. */
    private static void copyModes(Path draft, ByteString place, MountPoint point, ByteString rootfs, HostFiles view)
            throws IOException {
        ByteString model = rootfs;
        Path copy = tree(draft, place, point);
        copyMode(view.stat(rootfs), copy);
        for (String name : point.path().toString().substring(1).split("/", -1)) {
            model = HostPaths.join(model, name);
            copy = copy.resolve(name);
            FileStatus status = view.stat(model);
            if (status.kind() == FileKind.DIRECTORY) {
                copyMode(status, copy);
            }
        }
    }

    /** An overlay shows the mode and time of its topmost directory. */
    private static void copyMode(FileStatus model, Path copy) throws IOException {
        Files.setAttribute(copy, "unix:mode", model.mode() & 07777);
        Files.setLastModifiedTime(copy, FileTime.from(Instant.ofEpochSecond(model.mtimeSeconds(), model.mtimeNanos())));
    }

    /** Two processes may compile the same plan; the files are equal, so the second one gives up its own. */
    private static void moveInto(Path draft, Path target) throws IOException {
        try {
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(target)) {
                throw e;
            }
            deleteTree(draft.toFile());
        }
    }

    /** Publishes a plan under the hash of its prefix, replacing an older one, and keeps the cache within its bound. */
    void write(String hash, byte[] plan, Optional<ByteString> sideDirectory) throws IOException {
        Path draft = directory.resolve(draftName());
        try {
            // Values of -e may be secrets, so the file is closed to others before it has any content.
            Files.createFile(draft, OwnerOnly.FILE);
            writeTo(draft, plan);
            Files.move(draft, directory.resolve(hash), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
        String side =
                sideDirectory.isPresent() ? path(sideDirectory.get()).toFile().getName() : "";
        trim(hash, side);
    }

    /** Unique on this host. The JDK's temporary names and process ids would cost a start several milliseconds. */
    private static String draftName() {
        return TEMPORARY + System.nanoTime();
    }

    private static void writeTo(Path path, byte[] content) throws IOException {
        try (FileOutputStream out = new FileOutputStream(path.toFile())) {
            out.write(content);
        }
    }

    private void trim(String hash, String side) {
        String[] names = directory.toFile().list();
        if (names == null) {
            return;
        }
        long now = System.currentTimeMillis();
        List<File> plans = new ArrayList<>();
        for (String name : names) {
            File entry = new File(directory.toFile(), name);
            boolean replaced = name.startsWith(hash + ".") && !name.equals(side);
            if (replaced || name.startsWith(TEMPORARY)) {
                if (now - entry.lastModified() > SIDE_FILES_KEPT_MILLIS) {
                    deleteTree(entry);
                }
            } else if (name.indexOf('.') < 0) {
                plans.add(entry);
            }
        }
        while (plans.size() > MAX_PLANS) {
            removeOldest(plans, names);
        }
    }

    private void removeOldest(List<File> plans, String[] names) {
        int oldest = 0;
        for (int i = 1; i < plans.size(); i++) {
            if (plans.get(i).lastModified() < plans.get(oldest).lastModified()) {
                oldest = i;
            }
        }
        File plan = plans.remove(oldest);
        deleteTree(plan);
        for (String name : names) {
            if (name.startsWith(plan.getName() + ".")) {
                deleteTree(new File(directory.toFile(), name));
            }
        }
    }

    /** Best effort: what stays is tried again at a later plan. Holds only what we made, no links and no odd names. */
    private static boolean deleteTree(File file) {
        if (file.delete()) {
            return true;
        }
        File[] children = file.setWritable(true, true) ? file.listFiles() : null;
        if (children != null) {
            for (File child : children) {
                deleteTree(child);
            }
        }
        return file.delete();
    }

    static String reason(IOException e) {
        return e instanceof FileSystemException failed && failed.getReason() != null
                ? failed.getReason().toLowerCase(Locale.ROOT)
                : String.valueOf(e.getMessage());
    }
}

package io.jrun.runtime.plan;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.MountOverlay;
import io.jrun.runtime.plan.PlanStep.MountTmpfs;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides the mounts of one start, in order: each one is resolved in the tree that those before it leave, and gets a
 * mount point to be made where the root file system has none.
 */
final class MountPlanner {

    /** @param path absolute, free of symbolic links */
    record Point(ByteString path, PointKind kind) {}

    private final HostFiles files;
    private final MountView view;
    private final List<PlanStep> steps = new ArrayList<>();
    private final List<Point> missing = new ArrayList<>();
    private final List<PlanInput> inputs = new ArrayList<>();

    MountPlanner(ByteString rootfs, HostFiles files) {
        this.files = files;
        this.view = new MountView(rootfs, files);
    }

    List<PlanStep> steps() {
        return steps;
    }

    /** Mount points that the root file system lacks. */
    List<Point> missing() {
        return missing;
    }

    /** What was found on the host and decided about a step. */
    List<PlanInput> inputs() {
        return inputs;
    }

    /** A host directory that every container sees at the same place. */
    void addDefault(String path, Set<Restriction> restrictions, String origin) throws JrunException {
        ByteString place = ByteString.of(path);
        ByteString target = place(place, FileKind.DIRECTORY);
        steps.add(new BindMount(place, target, true, false, restrictions, origin));
        view.add(target, Optional.of(place));
    }

    /** A host file that a container sees at the same path; left out where the container has no place for it. */
    void addConfigFile(String path, String origin) throws JrunException {
        Optional<ByteString> place = placeForFile(path);
        if (place.isPresent()) {
            addFile(ByteString.of(path), place.get(), true, origin);
        }
    }

    /**
     * Where a file of ours would go; notes a mount point to be made there.
     *
     * @return empty where a directory is in the way, or a mount of the caller's shows that path
     */
    Optional<ByteString> placeForFile(String path) throws JrunException {
        Resolved found = look(ByteString.of(path));
        boolean occupied = found.obstacle().isPresent() || found.kind() == FileKind.DIRECTORY;
        return occupied || view.mountPointAbove(found.path()).isPresent()
                ? Optional.empty()
                : Optional.of(place(ByteString.of(path), FileKind.REGULAR));
    }

    /** @param place from {@link #placeForFile} */
    void addFile(ByteString source, ByteString place, boolean optional, String origin) {
        steps.add(new BindMount(source, place, false, optional, Set.of(Restriction.READ_ONLY), origin));
        view.add(place, Optional.of(source));
    }

    /** A step whose place was found by one of the methods below. */
    void add(PlanStep step) {
        steps.add(step);
    }

    /** What later paths find at a place of a step. */
    void cover(ByteString place, Optional<ByteString> source) {
        view.add(place, source);
    }

    /** Where a directory of the host or of ours goes; notes a mount point to be made there. */
    ByteString placeForDirectory(ByteString path) throws JrunException {
        return place(path, FileKind.DIRECTORY);
    }

    /** Where something goes; notes a mount point to be made there. */
    ByteString placeFor(ByteString path, FileKind kind) throws JrunException {
        return place(path, kind);
    }

    /** Whether a mount planned so far shows that host path there. */
    boolean shows(ByteString path, ByteString source) throws UsageException {
        Resolved found = look(path);
        Optional<ByteString> host = view.hostPath(found.path());
        return found.kind().isPresent()
                && isMounted(found.path())
                && host.isPresent()
                && host.get().equals(source);
    }

    /** Whether a path lies in a mount. */
    boolean isMounted(ByteString path) {
        return view.mountPointAbove(path).isPresent();
    }

    /** What the root file system itself has there, links not followed. */
    FileKind kindInRoot(ByteString path) {
        return view.kind(path);
    }

    void add(MountRequest request) throws JrunException {
        try {
            addRequired(request);
        } catch (NotFoundException | UsageException missing) {
            if (!request.optional()) {
                throw missing;
            }
        }
    }

    private void addRequired(MountRequest request) throws JrunException {
        if (request instanceof MountRequest.Tmpfs tmpfs) {
            ByteString target = place(tmpfs.target(), FileKind.DIRECTORY);
            steps.add(new MountTmpfs(target, tmpfs.sizeInBytes(), tmpfs.mode(), tmpfs.restrictions(), tmpfs.origin()));
            view.add(target, Optional.empty());
        } else if (request instanceof MountRequest.Overlay overlay) {
            overlay(overlay);
        } else if (request instanceof MountRequest.Squashfs squashfs) {
            squashfs(squashfs);
        } else if (request instanceof MountRequest.Bind bind) {
            bind(bind);
        }
    }

    private void bind(MountRequest.Bind bind) throws JrunException {
        FileKind kind = files.stat(bind.source()).kind();
        if (!kind.isPresent() && bind.optional()) {
            inputs.add(new PlanInput.File(bind.source(), Optional.empty()));
            return;
        }
        requireSource(bind, kind);
        ByteString place = place(bind.target(), kindAt(bind, kind));
        steps.add(new BindMount(
                bind.source(),
                place,
                bind.recursive(),
                bind.optional(),
                bind.restrictions(),
                bind.propagation(),
                bind.origin()));
        view.add(place, Optional.of(bind.source()));
    }

    private void squashfs(MountRequest.Squashfs squashfs) throws JrunException {
        FileKind kind = files.stat(squashfs.image()).kind();
        String what = "mount the image " + squashfs.image() + " on " + squashfs.target();
        if (!kind.isPresent()) {
            inputs.add(new PlanInput.File(squashfs.image(), Optional.empty()));
            throw new NotFoundException(Failure.of(what, "the host has no such file that you may read (ENOENT)")
                    .hint("correct the path, or add the option nofail to go on without it"));
        }
        if (kind != FileKind.REGULAR) {
            throw new UsageException(
                    Failure.of(what, "it is no file (EINVAL)").hint("directories are mounted as bind"));
        }
        inputs.add(new PlanInput.Presence(squashfs.image(), PointKind.FILE));
        ByteString place = place(squashfs.target(), FileKind.DIRECTORY);
        steps.add(new PlanStep.MountSquashfs(squashfs.image(), place, squashfs.restrictions(), squashfs.origin()));
        view.add(place, Optional.empty());
    }

    /** What a source that cannot be looked at is said to be. */
    private static FileKind kindAt(MountRequest.Bind bind, FileKind kind) {
        if (kind.isPresent() || bind.create() == MountRequest.Create.AS_SOURCE) {
            return kind;
        }
        return bind.create() == MountRequest.Create.DIRECTORY ? FileKind.DIRECTORY : FileKind.REGULAR;
    }

    private void overlay(MountRequest.Overlay overlay) throws JrunException {
        for (ByteString lower : overlay.lower()) {
            if (files.stat(lower).kind() != FileKind.DIRECTORY) {
                throw new NotFoundException(Failure.of(
                                "mount an overlay on " + overlay.target(),
                                "there is no directory " + lower + " (ENOENT)")
                        .hint("correct the path, or add the option nofail to go on without it"));
            }
        }
        ByteString target = place(overlay.target(), FileKind.DIRECTORY);
        steps.add(new MountOverlay(target, overlay.lower(), overlay.upper(), overlay.origin()));
        view.add(target, Optional.of(overlay.lower().get(0)));
    }

    private static void requireSource(MountRequest.Bind bind, FileKind kind) throws JrunException {
        String what = "mount " + bind.source() + " on " + bind.target();
        if (kind == FileKind.MISSING) {
            throw new NotFoundException(Failure.of(what, "the host has no such file or directory (ENOENT)")
                    .hint("correct the path, or add the option nofail to go on without it"));
        }
        if (kind == FileKind.DENIED) {
            throw new DeniedException(Failure.of(what, "you may not reach the source (EACCES)")
                    .hint("`namei -l " + bind.source() + "` shows which directory refuses"));
        }
    }

    /** Where a mount on {@code target} ends up; notes a mount point to be made there. */
    private ByteString place(ByteString target, FileKind source) throws JrunException {
        Resolved found = RootfsResolver.resolve(view, target);
        String what = "mount on " + target;
        if (found.obstacle().isPresent()) {
            throw new UsageException(
                    Failure.of(what, "in the container " + found.obstacle().get() + " is no directory (ENOTDIR)"));
        }
        if (found.kind() == FileKind.MISSING) {
            noteMissing(what, found.path(), source);
        } else if (view.mountPointAbove(found.path()).isEmpty()) {
            notePresence(found);
        }
        if (found.kind() == FileKind.DIRECTORY && isFile(source)) {
            throw new UsageException(Failure.of(what, "it is a directory and the source is a file (EISDIR)")
                    .hint("name the file within the directory"));
        } else if (isFile(found.kind()) && source == FileKind.DIRECTORY) {
            throw new UsageException(Failure.of(what, "it is a file and the source is a directory (ENOTDIR)"));
        }
        return found.path();
    }

    private void noteMissing(String what, ByteString path, FileKind source) throws NotFoundException {
        Optional<ByteString> above = view.mountPointAbove(path);
        if (above.isPresent()) {
            Optional<ByteString> host = view.hostPath(path);
            Failure failure = Failure.of(what, "it does not exist in what is mounted at " + above.get() + " (ENOENT)");
            throw new NotFoundException(
                    host.isPresent() ? failure.hint("make it first: mkdir -p " + host.get()) : failure);
        }
        missing.add(new Point(path, isFile(source) ? PointKind.FILE : PointKind.DIRECTORY));
    }

    private static boolean isFile(FileKind kind) {
        return kind == FileKind.REGULAR || kind == FileKind.SPECIAL;
    }

    /** What lies at a path of the container once all mounts are made. */
    Resolved look(ByteString path) throws UsageException {
        return RootfsResolver.resolve(view, path);
    }

    /** Whether a path leads into the root file system, past every mount, or nowhere. */
    boolean isRootfs(ByteString path) throws UsageException {
        Resolved found = look(path);
        return found.obstacle().isEmpty() && view.mountPointAbove(found.path()).isEmpty();
    }

    /** Whether the payload finds a directory there; the answer is an input of the plan. */
    boolean hasDirectory(ByteString path) throws UsageException {
        Resolved found = look(path);
        notePresence(found);
        return found.kind() == FileKind.DIRECTORY;
    }

    /** Containers change: what the plan relies on may be deleted, and what it did without may come. */
    private void notePresence(Resolved found) {
        Optional<ByteString> place = view.hostPath(found.path());
        if (place.isEmpty() || found.obstacle().isPresent()) {
            return;
        }
        if (found.kind() == FileKind.DIRECTORY) {
            inputs.add(new PlanInput.Presence(place.get(), PointKind.DIRECTORY));
        } else if (found.kind() == FileKind.REGULAR) {
            inputs.add(new PlanInput.Presence(place.get(), PointKind.FILE));
        } else if (found.kind() == FileKind.MISSING) {
            inputs.add(new PlanInput.File(place.get(), Optional.empty()));
        }
    }

    /** Sees to it that the payload finds a directory; the root file system gets an empty one. */
    void requireDirectory(ByteString path, String what) throws JrunException {
        Resolved found = look(path);
        if (found.obstacle().isPresent() || isFile(found.kind())) {
            throw new UsageException(Failure.of(what, "it is no directory in the container (ENOTDIR)"));
        }
        if (found.kind() == FileKind.MISSING) {
            noteMissing(what, found.path(), FileKind.DIRECTORY);
        } else {
            notePresence(found);
        }
    }
}

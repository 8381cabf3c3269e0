package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.plan.PlanStep.EnterRoot;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlannedStart.Link;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointMode;
import io.jrun.runtime.plan.PlannedStart.SideFile;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The side directory of one start: its own files, and as a layer of the root file system the mount points that it lacks.
 * Its name tells what it holds, so it is settled once all mounts are planned; the answers hold from then on.
 */
final class SideLayer {

    private static final String LAYER = OwnFiles.LAYER;

    /** Where the file of the same number goes, and who wants it there. */
    private record Shown(ByteString place, String origin) {}

    private final StartRequest request;
    private final HostCapabilities capabilities;
    private final MountPlanner mounts;
    private final OwnFiles own;
    private final Choice<RootAccess> access;
    private final List<SideFile> files = new ArrayList<>();
    private final List<Shown> shown = new ArrayList<>();
    private Optional<ByteString> directory = Optional.empty();

    SideLayer(
            StartRequest request,
            HostCapabilities capabilities,
            MountPlanner mounts,
            OwnFiles own,
            Choice<RootAccess> access) {
        this.request = request;
        this.capabilities = capabilities;
        this.mounts = mounts;
        this.own = own;
        this.access = access;
    }

    /** A file of ours to be shown at a path; left out where the container has no place for it. */
    void show(String path, ByteString content, String origin) throws JrunException {
        Optional<ByteString> place = mounts.placeForFile(path);
        if (place.isPresent()) {
            files.add(new SideFile(path.substring(path.lastIndexOf('/') + 1), content));
            shown.add(new Shown(place.get(), origin));
        }
    }

    /** Names the directory and plans the mounts of our files, behind all others. */
    void settle() {
        if (!files.isEmpty() || !own.isEmpty() || needsLayer()) {
            directory = Optional.of(request.sideFiles().plus(ByteString.of("." + fingerprint(words()))));
        }
        for (int i = 0; i < files.size(); i++) {
            ByteString source = below(directory.orElseThrow(), files.get(i).name());
            mounts.addFile(source, shown.get(i).place, false, shown.get(i).origin);
        }
    }

    List<SideFile> files() {
        return files;
    }

    /** Empty when nothing lies in it. */
    Optional<ByteString> directory() {
        return directory;
    }

    /** All mounts planned, those of our own files with their sources. */
    List<PlanStep> steps() {
        return directory.isPresent() ? OwnFiles.placed(mounts.steps(), directory.get()) : mounts.steps();
    }

    EnterRoot enterRoot(Optional<OverlayUpper> upper) throws JrunException {
        if (!needsLayer() || directory.isEmpty()) {
            return new EnterRoot(request.rootfs(), List.of(), upper, access.origin());
        }
        requireOverlay(directory.get());
        String origin = access.origin() + ", with mount points it lacks";
        return new EnterRoot(request.rootfs(), List.of(below(directory.get(), LAYER)), upper, origin);
    }

    /** To make before the start, in the layer or in a root file system that may be written to. */
    List<MountPoint> mountPoints() {
        List<MountPoint> points = new ArrayList<>();
        for (MountPlanner.Point point : mounts.missing()) {
            if (isWritable() || directory.isPresent()) {
                ByteString tree = isWritable() ? request.rootfs() : below(directory.get(), LAYER);
                points.add(new MountPoint(tree, point.path(), point.kind()));
            }
        }
        if (directory.isPresent()) {
            points.addAll(own.points(directory.get()));
        }
        return points;
    }

    List<Link> links() {
        if (directory.isEmpty()) {
            return List.of();
        }
        return own.links(directory.get(), isWritable() ? request.rootfs() : below(directory.get(), LAYER));
    }

    List<PointMode> modes() {
        return directory.isPresent() ? own.modes(directory.get()) : List.of();
    }

    private boolean isWritable() {
        return access.value() instanceof RootAccess.Writable;
    }

    /** Whether the root file system lacks something that is to be there. */
    private boolean needsLayer() {
        return !isWritable() && (!mounts.missing().isEmpty() || own.hasLinksInLayer());
    }

    private void requireOverlay(ByteString side) throws JrunException {
        if (capabilities.noOverlay().isEmpty()) {
            return;
        }
        ByteString point = mounts.missing().isEmpty()
                ? own.links(side, side).get(0).path()
                : mounts.missing().get(0).path();
        Failure refused = capabilities.noOverlay().get();
        throw new HostUnsupportedException(
                Failure.of("make the mount point " + point + " in a read-only container", refused.why())
                        .hint("start it once with --rw, which makes the mount point for good"));
    }

    private List<ByteString> words() {
        List<ByteString> words = new ArrayList<>();
        for (SideFile file : files) {
            words.add(ByteString.of(file.name()));
            words.add(file.content());
        }
        for (MountPlanner.Point point : mounts.missing()) {
            words.add(ByteString.of(point.kind().name()).plus(point.path()));
        }
        words.addAll(own.words());
        return words;
    }

    /** FNV-1a with 64 bits; what it tells apart are versions of the files of one plan. Source: draft-eastlake-fnv. */
    private static String fingerprint(List<ByteString> words) {
        long sum = 0xcbf29ce484222325L;
        for (ByteString text : words) {
            for (int i = 0; i < text.length(); i++) {
                sum = (sum ^ (text.byteAt(i) & 0xff)) * 0x100000001b3L;
            }
            sum *= 0x100000001b3L;
        }
        return Long.toHexString(sum);
    }

    private static ByteString below(ByteString directory, String name) {
        return directory.plus(ByteString.of("/" + name));
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.loader.LoaderFile;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlannedStart.Link;
import io.jrun.runtime.plan.PlannedStart.MountPoint;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.plan.PlannedStart.PointMode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Files that lie in the side directory of a plan. Its name tells their content, so the mounts of them are planned with
 * stand-ins for their sources, which get their paths at the end.
 */
final class OwnFiles {

    /** The tree of mount points that the root file system lacks. */
    static final String LAYER = "root";

    /** Sources of mounts are absolute. */
    private static final ByteString STAND_IN = ByteString.of("own-file:");

    private final List<LoaderFile> files = new ArrayList<>();
    private final List<MountPoint> points = new ArrayList<>();
    private final List<Link> links = new ArrayList<>();
    private final List<PointMode> modes = new ArrayList<>();

    /** Of a mount that shows a file or tree of these. */
    static ByteString source(String name) {
        return STAND_IN.plus(ByteString.of(name));
    }

    void file(LoaderFile file) {
        files.add(file);
    }

    /** A tree that begins empty. */
    void makeTree(String name) {
        points.add(new MountPoint(ByteString.of(name), ByteString.of("/"), PointKind.DIRECTORY));
    }

    void point(String tree, ByteString path, PointKind kind) {
        points.add(new MountPoint(ByteString.of(tree), path, kind));
    }

    void link(String tree, ByteString path, ByteString target) {
        links.add(new Link(ByteString.of(tree), path, target));
    }

    void mode(String tree, ByteString path, int mode) {
        modes.add(new PointMode(ByteString.of(tree), path, mode));
    }

    boolean isEmpty() {
        return files.isEmpty() && points.isEmpty() && links.isEmpty();
    }

    boolean hasLinksInLayer() {
        for (Link link : links) {
            if (link.tree().equals(ByteString.of(LAYER))) {
                return true;
            }
        }
        return false;
    }

    List<LoaderFile> files() {
        return files;
    }

    /** What tells these from others. */
    List<ByteString> words() {
        List<ByteString> words = new ArrayList<>();
        for (LoaderFile file : files) {
            words.add(ByteString.of(file.name()));
            words.add(ByteString.of(Base64.getEncoder().encode(file.content())));
        }
        for (MountPoint point : points) {
            words.add(ByteString.of(point.kind().name()).plus(point.tree()).plus(point.path()));
        }
        for (Link link : links) {
            words.add(link.tree().plus(link.path()));
            words.add(link.target());
        }
        for (PointMode mode : modes) {
            words.add(mode.tree().plus(mode.path()).plus(ByteString.of(Integer.toString(mode.mode()))));
        }
        return words;
    }

    List<MountPoint> points(ByteString side) {
        List<MountPoint> placed = new ArrayList<>();
        for (MountPoint point : points) {
            placed.add(new MountPoint(tree(side, point.tree()), point.path(), point.kind()));
        }
        return placed;
    }

    /** @param layer host directory that stands for the container's root */
    List<Link> links(ByteString side, ByteString layer) {
        List<Link> placed = new ArrayList<>();
        for (Link link : links) {
            boolean inLayer = link.tree().equals(ByteString.of(LAYER));
            placed.add(new Link(inLayer ? layer : tree(side, link.tree()), link.path(), link.target()));
        }
        return placed;
    }

    List<PointMode> modes(ByteString side) {
        List<PointMode> placed = new ArrayList<>();
        for (PointMode mode : modes) {
            placed.add(new PointMode(tree(side, mode.tree()), mode.path(), mode.mode()));
        }
        return placed;
    }

    private static ByteString tree(ByteString side, ByteString name) {
        return side.plus(ByteString.of("/")).plus(name);
    }

    /** The steps with all stand-ins replaced. */
    static List<PlanStep> placed(List<PlanStep> steps, ByteString side) {
        List<PlanStep> placed = new ArrayList<>();
        for (PlanStep step : steps) {
            boolean ours = step instanceof BindMount bind && isStandIn(bind.source());
            placed.add(ours ? placed((BindMount) step, side) : step);
        }
        return placed;
    }

    private static boolean isStandIn(ByteString source) {
        return source.startsWith(STAND_IN.toString());
    }

    private static BindMount placed(BindMount bind, ByteString side) {
        return new BindMount(
                tree(side, bind.source().substring(STAND_IN.length())),
                bind.target(),
                bind.recursive(),
                bind.optional(),
                bind.restrictions(),
                bind.propagation(),
                bind.origin());
    }
}

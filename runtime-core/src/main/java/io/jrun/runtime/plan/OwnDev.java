package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.PlanStep.Restriction;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A /dev of the container's own: what every program expects, and the nodes that are added. Made where a node has to show
 * under a name that the host's /dev does not have. Source: runtime-spec, "Default Devices" and "Dev symbolic links".
 */
final class OwnDev {

    /** Among the plan's own files. */
    static final String TREE = "dev";

    private static final List<String> NODES =
            List.of("null", "zero", "full", "random", "urandom", "tty", "console", "fuse", "net/tun", "kvm");
    private static final List<String> DIRECTORIES = List.of("pts", "shm", "mqueue", "hugepages");
    private static final Map<String, String> LINKS = new TreeMap<>(Map.of(
            "/fd", "/proc/self/fd",
            "/stdin", "/proc/self/fd/0",
            "/stdout", "/proc/self/fd/1",
            "/stderr", "/proc/self/fd/2",
            "/ptmx", "pts/ptmx"));
    private static final String ORIGIN = "a device that the host's /dev does not show";

    private final MountPlanner mounts;
    private final HostFiles files;
    private final OwnFiles own;
    private ByteString place = ByteString.of("/dev");

    OwnDev(MountPlanner mounts, HostFiles files, OwnFiles own) {
        this.mounts = mounts;
        this.files = files;
        this.own = own;
    }

    void plan(ByteString mountPoint) {
        place = mountPoint;
        own.makeTree(TREE);
        mounts.add(new BindMount(OwnFiles.source(TREE), place, false, false, Set.of(Restriction.READ_ONLY), ORIGIN));
        mounts.cover(place, Optional.empty());
        for (String node : NODES) {
            ByteString source = ByteString.of("/dev/" + node);
            if (files.stat(source).kind().isPresent()) {
                add(source, "/" + node, "default");
            }
        }
        for (String directory : DIRECTORIES) {
            ByteString source = ByteString.of("/dev/" + directory);
            if (files.stat(source).kind().isPresent()) {
                ByteString point = ByteString.of("/" + directory);
                own.point(TREE, point, PointKind.DIRECTORY);
                mounts.add(new BindMount(source, place.plus(point), true, true, Set.of(), "default"));
                mounts.cover(place.plus(point), Optional.of(source));
            }
        }
        for (Map.Entry<String, String> link : LINKS.entrySet()) {
            own.link(TREE, ByteString.of(link.getKey()), ByteString.of(link.getValue()));
        }
    }

    /** @param path below /dev, with its slash */
    void add(ByteString source, String path, String origin) {
        ByteString point = ByteString.of(path);
        own.point(TREE, point, PointKind.FILE);
        mounts.add(new BindMount(source, place.plus(point), false, true, Set.of(), origin));
    }
}

package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a start asks for beyond the container itself: further namespaces, with whom to share them, and limits.
 *
 * @param namespaces beyond the user and the mount namespace
 * @param hostName of the UTS namespace
 * @param sharing empty for namespaces of its own
 * @param ranks what holds for ranks of MPI when nothing is asked for
 * @param resources limits, and the cgroup that has them
 */
public record LaunchOptions(
        Set<Namespace> namespaces,
        Optional<ByteString> hostName,
        Optional<Sharing> sharing,
        Ranks ranks,
        Resources resources) {

    public static final LaunchOptions NONE =
            new LaunchOptions(Set.of(), Optional.empty(), Optional.empty(), Ranks.TOGETHER);

    /** Without limits. */
    public LaunchOptions(
            Set<Namespace> namespaces, Optional<ByteString> hostName, Optional<Sharing> sharing, Ranks ranks) {
        this(namespaces, hostName, sharing, ranks, Resources.NONE);
    }

    /** Of one node and step. */
    public enum Ranks {
        /** Share their namespaces, since the kernel lets them copy from each other only so: process_vm_readv(2). */
        TOGETHER,
        APART
    }

    /**
     * @param key the same for all that share; empty for the Slurm step, else the parent process
     * @param count how many share
     * @param origin who asked for it
     */
    public record Sharing(Optional<ByteString> key, OptionalInt count, String origin) {}

    public LaunchOptions {
        namespaces = Set.copyOf(namespaces);
    }
}

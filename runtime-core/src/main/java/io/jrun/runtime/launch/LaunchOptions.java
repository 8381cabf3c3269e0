package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a start asks for beyond the container itself: further namespaces, and with whom to share them.
 *
 * @param namespaces beyond the user and the mount namespace
 * @param hostName of the UTS namespace
 * @param sharing empty for namespaces of its own
 */
public record LaunchOptions(Set<Namespace> namespaces, Optional<ByteString> hostName, Optional<Sharing> sharing) {

    public static final LaunchOptions NONE = new LaunchOptions(Set.of(), Optional.empty(), Optional.empty());

    /**
     * @param key the same for all that share; empty for the Slurm step, else the parent process
     * @param count how many share
     */
    public record Sharing(Optional<ByteString> key, OptionalInt count) {}

    public LaunchOptions {
        namespaces = Set.copyOf(namespaces);
    }
}

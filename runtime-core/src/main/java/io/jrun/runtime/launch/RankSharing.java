package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.launch.LaunchOptions.Sharing;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Tells a rank of MPI by what its launcher sets, and lets the ranks of a node share their namespaces. */
final class RankSharing {

    /** Of PMIx and PMI, whichever launcher speaks them. Sources: PMIx 4.1, "Environmental variables"; PMI-2 wire protocol. */
    private static final List<String> VARIABLES = List.of("PMIX_RANK", "PMI_RANK");

    private RankSharing() {}

    /**
     * With whom to share: whom the caller asked for, else the other ranks.
     *
     * @param inputs takes what that was decided by
     */
    static LaunchOptions together(LaunchOptions options, HostFacts host, List<PlanInput> inputs) {
        boolean decided = options.sharing().isPresent()
                || options.ranks() == LaunchOptions.Ranks.APART
                || options.namespaces().contains(Namespace.PID);
        if (decided) {
            return options;
        }
        for (String name : VARIABLES) {
            Optional<ByteString> value = host.variable(name);
            if (value.isPresent() && !value.get().isEmpty()) {
                inputs.add(new PlanInput.VariableSet(ByteString.of(name)));
                Sharing sharing = new Sharing(Optional.empty(), OptionalInt.empty(), "variable " + name);
                return new LaunchOptions(
                        options.namespaces(),
                        options.hostName(),
                        Optional.of(sharing),
                        options.ranks(),
                        options.resources());
            }
            inputs.add(new PlanInput.Variable(ByteString.of(name), value));
        }
        return options;
    }
}

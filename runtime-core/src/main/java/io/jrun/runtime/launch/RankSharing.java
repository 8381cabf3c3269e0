package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.launch.LaunchOptions.Sharing;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Tells one process of several by what its launcher sets, and lets those of a node share their namespaces. */
final class RankSharing {

    /**
     * Of ranks: PMIx and PMI, whichever launcher speaks them, then launchers by their own names. Sources: PMIx 4.1,
     * "Environmental variables"; PMI-2 wire protocol; flux-environment(7); PALS, mpiexec(1); LSF, "Environment variables";
     * JSM, jsrun(1); Open MPI, "Environment variables"; Intel MPI and Hydra, MPI_LOCALRANKID.
     */
    private static final List<String> RANKS = List.of(
            "PMIX_RANK",
            "PMI_RANK",
            "FLUX_TASK_LOCAL_ID",
            "PALS_LOCAL_RANKID",
            "LSF_PM_TASKID",
            "JSM_NAMESPACE_LOCAL_RANK",
            "OMPI_COMM_WORLD_LOCAL_RANK",
            "MPI_LOCALRANKID");

    /** Of a step, such as "2(x3),1": with one on each node there is nobody to share with. Source: srun(1), OUTPUT ENVIRONMENT. */
    private static final ByteString TASKS = ByteString.of("SLURM_STEP_TASKS_PER_NODE");

    private RankSharing() {}

    /**
     * With whom to share: whom the caller asked for, else the others of the launch.
     *
     * @param inputs takes what that was decided by
     */
    static LaunchOptions together(LaunchOptions options, HostFacts host, List<PlanInput> inputs) {
        boolean limited = options.namespaces().contains(Namespace.CGROUP)
                && !options.resources().limits().isEmpty();
        boolean decided = options.sharing().isPresent()
                || options.ranks() == LaunchOptions.Ranks.APART
                || options.namespaces().contains(Namespace.PID)
                || limited;
        if (decided) {
            return options;
        }
        for (String name : RANKS) {
            Optional<ByteString> value = host.variable(name);
            if (value.isPresent() && !value.get().isEmpty()) {
                inputs.add(new PlanInput.VariableSet(ByteString.of(name)));
                return shared(options, name);
            }
            inputs.add(new PlanInput.Variable(ByteString.of(name), value));
        }
        Optional<ByteString> tasks = host.variable(TASKS.toString());
        inputs.add(new PlanInput.Variable(TASKS, tasks));
        return tasks.isPresent() && hasSeveral(tasks.get().toString()) ? shared(options, TASKS.toString()) : options;
    }

    private static LaunchOptions shared(LaunchOptions options, String variable) {
        Sharing sharing = new Sharing(Optional.empty(), OptionalInt.empty(), "variable " + variable);
        return new LaunchOptions(
                options.namespaces(), options.hostName(), Optional.of(sharing), options.ranks(), options.resources());
    }

    /** Whether there is a node with more than one. */
    static boolean hasSeveral(String tasksPerNode) {
        for (String nodes : tasksPerNode.split(",", -1)) {
            if (nodes.matches("[0-9]+(\\(x[0-9]+\\))?") && !nodes.matches("0*[01](\\(.*)?")) {
                return true;
            }
        }
        return false;
    }
}

package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.RunningProcess;
import java.util.Optional;

/** By what a running container is called. */
public sealed interface RunningTarget {

    /** @param name what a start was called with, or the ID of a process inside */
    record Named(ByteString name) implements RunningTarget {}

    /**
     * That of a task of Slurm's.
     *
     * @param job its number
     * @param step its number in the job, or {@link #BATCH}; empty for any
     * @param rank of the task in the step; empty for the lowest
     * @param onlyHere whether other nodes are left out
     */
    record OfJob(String job, Optional<String> step, Optional<String> rank, boolean onlyHere) implements RunningTarget {

        /** What the script of a job is called in the place of a step. */
        public static final String BATCH = "batch";

        boolean isOf(RunningProcess process) {
            return job.equals(variable(process, "SLURM_JOB_ID", ""))
                    && (step.isEmpty() || step.get().equals(stepOf(process)))
                    && (rank.isEmpty() || rank.get().equals(rankOf(process)));
        }

        static String stepOf(RunningProcess process) {
            return variable(process, "SLURM_STEP_ID", BATCH);
        }

        static String rankOf(RunningProcess process) {
            return variable(process, "SLURM_PROCID", "0");
        }

        private static String variable(RunningProcess process, String name, String otherwise) {
            Optional<ByteString> value = process.variable(name);
            return value.isPresent() ? value.get().toString() : otherwise;
        }

        /** As Slurm writes it: "7.0". */
        @Override
        public String toString() {
            return job + (step.isPresent() ? "." + step.get() : "");
        }
    }
}

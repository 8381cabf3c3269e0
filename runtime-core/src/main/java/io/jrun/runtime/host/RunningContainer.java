package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one start made, as long as a process of it lives.
 *
 * @param name what the start was called with: a container, an image file, a directory or a reference
 * @param pid of the process that the start became, which takes signals for it; where that is gone, of the oldest inside
 * @param first the oldest process inside, if possible of those that still have the variables of their start
 * @param started when that began
 * @param members process IDs, ascending
 */
public record RunningContainer(ByteString name, long pid, RunningProcess first, Instant started, List<Long> members) {

    /** Variables by which batch systems tell a process its job, Slurm's first. */
    private static final List<String> JOB_VARIABLES =
            List.of("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID", "JOB_ID", "OAR_JOB_ID");

    public RunningContainer {
        members = List.copyOf(members);
    }

    /** Of the batch system. */
    public Optional<ByteString> job() {
        for (String variable : JOB_VARIABLES) {
            Optional<ByteString> job = first.variable(variable);
            if (job.isPresent()) {
                return job;
            }
        }
        return Optional.empty();
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.StepValue;
import java.util.Map;
import java.util.Optional;

/** What {@link StepVariableLowering} makes of a caller's variables, for those who ask before anything is started. */
final class StepValues {

    private StepValues() {}

    static Optional<ByteString> of(StepValue value, Map<ByteString, ByteString> caller) {
        Optional<Long> step = number(caller, "SLURM_STEP_ID");
        if (step.isEmpty()) {
            return Optional.empty();
        } else if (value instanceof StepValue.Text text) {
            return Optional.of(text.text());
        } else if (value instanceof StepValue.Copied same) {
            return number(caller, same.variable().toString()).map(number -> ByteString.of(Long.toString(number)));
        } else if (value == StepValue.Derived.PORT) {
            return number(caller, "SLURM_JOB_ID")
                    .map(job -> ByteString.of(Long.toString(StepVariableLowering.port(job, step.get()))));
        }
        Optional<Long> nodes = number(caller, "SLURM_STEP_NUM_NODES");
        Optional<Long> tasks = number(caller, "SLURM_STEP_NUM_TASKS");
        boolean crowded = nodes.isPresent() && tasks.isPresent() && nodes.get() < tasks.get();
        return crowded ? Optional.of(ByteString.of("1")) : Optional.empty();
    }

    private static Optional<Long> number(Map<ByteString, ByteString> caller, String name) {
        ByteString value = caller.getOrDefault(ByteString.of(name), ByteString.of(""));
        try {
            long number = Long.parseLong(value.toString());
            return number < 0 ? Optional.empty() : Optional.of(number);
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }
}

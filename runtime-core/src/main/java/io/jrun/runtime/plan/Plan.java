package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;

/**
 * How to start a container, complete.
 *
 * @param prefix the caller's arguments behind "jrun", up to and including the container's name: what the plan is cached
 *     under; arguments behind it belong to the payload
 * @param inputs what must still hold when the plan is run
 * @param steps what to do, in order; the last is {@link PlanStep.Execute}
 */
public record Plan(List<ByteString> prefix, List<PlanInput> inputs, List<PlanStep> steps) {
    public Plan {
        prefix = List.copyOf(prefix);
        inputs = List.copyOf(inputs);
        steps = List.copyOf(steps);
    }
}

package io.jrun.cli.start;

import io.jrun.error.NotFoundException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.launch.StartVariables;
import io.jrun.runtime.plan.PlanStep;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Those that {@code jrun start} without options would give on this host; the caller is told. */
final class VariablesOfNow implements StartVariables {

    private final Consumer<String> talk;
    private final Consumer<String> notes;

    /**
     * @param talk takes what the caller should know
     * @param notes takes what he need not
     */
    VariablesOfNow(Consumer<String> talk, Consumer<String> notes) {
        this.talk = talk;
        this.notes = notes;
    }

    @Override
    public List<PlanStep> of(ByteString container) throws IOException {
        StartArguments start = new StartArguments(
                List.of(ByteString.of("start"), container), List.of(), Map.of(), container, List.of());
        try {
            List<PlanStep> variables =
                    StartCompiler.forCaller(new HostImages(start), notes, notes).variables(StartChoices.of(start));
            talk.accept("no process of " + container
                    + " has its variables any more; the command gets those of a start without options");
            return variables;
        } catch (NotFoundException startedOtherwise) {
            talk.accept("the variables of " + container
                    + " are not known; the command gets none but TERM, and yours by -e");
            return List.of(new PlanStep.PassVariables(List.of("TERM"), "default"));
        }
    }
}

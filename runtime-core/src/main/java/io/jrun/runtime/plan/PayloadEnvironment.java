package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.DropVariables;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import io.jrun.runtime.plan.PlanStep.StepVariable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The variables that a payload would find, if it were started from a given environment. */
final class PayloadEnvironment {

    /** One variable and who decided its value. */
    record Entry(ByteString name, ByteString value, String origin) {}

    private PayloadEnvironment() {}

    /** In ascending byte order of the names. */
    static List<Entry> of(Plan plan, Map<ByteString, ByteString> caller) {
        return of(plan.steps(), caller);
    }

    /** As above, after some of the steps. */
    static List<Entry> of(List<PlanStep> steps, Map<ByteString, ByteString> caller) {
        Map<ByteString, Entry> entries = new LinkedHashMap<>();
        for (PlanStep step : steps) {
            if (step instanceof SetVariable set) {
                entries.put(set.name(), new Entry(set.name(), set.value(), set.origin()));
            } else if (step instanceof CopyVariable copy && caller.containsKey(copy.name())) {
                entries.put(copy.name(), new Entry(copy.name(), caller.get(copy.name()), yours(copy.origin())));
            } else if (step instanceof StepVariable variable) {
                setInStep(variable, caller, entries);
            } else if (step instanceof PassVariables pass) {
                pass(pass, caller, entries);
            } else if (step instanceof DropVariables drop) {
                drop(drop, entries);
            }
        }
        return new ArrayList<>(new TreeMap<>(entries).values());
    }

    private static void pass(PassVariables pass, Map<ByteString, ByteString> caller, Map<ByteString, Entry> entries) {
        for (Map.Entry<ByteString, ByteString> variable : caller.entrySet()) {
            if (Glob.matchesAny(pass.globs(), variable.getKey())) {
                entries.put(variable.getKey(), new Entry(variable.getKey(), variable.getValue(), yours(pass.origin())));
            }
        }
    }

    private static void setInStep(
            StepVariable step, Map<ByteString, ByteString> caller, Map<ByteString, Entry> entries) {
        Optional<ByteString> value =
                caller.containsKey(step.name()) ? Optional.empty() : StepValues.of(step.value(), caller);
        if (value.isPresent()) {
            entries.put(step.name(), new Entry(step.name(), value.get(), step.origin()));
        }
    }

    private static void drop(DropVariables drop, Map<ByteString, Entry> entries) {
        for (ByteString name : List.copyOf(entries.keySet())) {
            if (Glob.matchesAny(drop.globs(), name)) {
                entries.remove(name);
            }
        }
    }

    private static String yours(String origin) {
        return "your environment (" + origin + ")";
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import java.util.List;
import java.util.Map;

/**
 * Settings that add to what the container has: {@code NAME+=TEXT} behind its value, {@code +NAME=TEXT} in front of it.
 * The value is that of the sources read before, as far as they are known without running hooks.
 */
final class VariableAddition {

    private static final char SEPARATOR = ':';

    private final Map<ByteString, ByteString> caller;
    private final PlanInputs inputs;

    VariableAddition(Map<ByteString, ByteString> caller, PlanInputs inputs) {
        this.caller = caller;
        this.inputs = inputs;
    }

    /** @param word what stands before the "=" */
    static boolean isOne(ByteString word) {
        return word.length() > 1 && (isFront(word) || word.byteAt(word.length() - 1) == '+');
    }

    private static boolean isFront(ByteString word) {
        return word.byteAt(0) == '+';
    }

    /** @param before the steps of all sources that yield to this one */
    SetVariable step(List<PlanStep> before, ByteString word, ByteString text, String origin) {
        ByteString name = isFront(word) ? word.substring(1) : word.substring(0, word.length() - 1);
        ByteString present = value(before, name);
        ByteString value;
        if (present.isEmpty()) {
            value = withoutSeparator(text, isFront(word)); // an empty part of PATH would mean the working directory
        } else {
            value = isFront(word) ? text.plus(present) : present.plus(text);
        }
        return new SetVariable(name, value, origin);
    }

    private ByteString value(List<PlanStep> before, ByteString name) {
        for (PlanStep step : before) {
            boolean callers = (step instanceof CopyVariable copy && copy.name().equals(name))
                    || (step instanceof PassVariables pass && Glob.matchesAny(pass.globs(), name));
            if (callers) {
                inputs.addVariable(name.toString());
            }
        }
        for (PayloadEnvironment.Entry entry : PayloadEnvironment.of(before, caller)) {
            if (entry.name().equals(name)) {
                return entry.value();
            }
        }
        return ByteString.of("");
    }

    private static ByteString withoutSeparator(ByteString text, boolean front) {
        int last = text.length() - 1;
        if (last < 0 || text.byteAt(front ? last : 0) != SEPARATOR) {
            return text;
        }
        return front ? text.substring(0, last) : text.substring(1);
    }
}

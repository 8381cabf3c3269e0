package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;

/** Lowers steps in the life of a container to the file that the native starter runs. */
public final class LifecycleEncoder {

    private LifecycleEncoder() {}

    /**
     * @param prefix the caller's arguments behind "jrun" that the plan is for
     * @param build of the starter that is to run it
     */
    public static byte[] encode(List<ByteString> prefix, List<LifecycleStep> steps, Machine machine, int build) {
        TapeAssembler tape = new TapeAssembler();
        tape.prefix(prefix);
        new LifecycleLowering(tape, machine).lowerAll(steps);
        return tape.toBytes(machine, build);
    }
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.StateFiles;
import io.jrun.runtime.plan.TapeAssembler.Label;
import java.util.Optional;

/** The state of a container, taken away with its control group. */
final class StateRemoval {

    private static final int AT_REMOVEDIR = 0x200;

    private final CallAssembler calls;
    private final TapeAssembler tape;

    StateRemoval(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    /** Whatever is there of it. */
    void remove(ByteString directory, Optional<ByteString> controlGroup) {
        Fault fault = Fault.of(LifecycleCalls.words("remove ", directory));
        for (String name : StateFiles.ALL) {
            remove(LifecycleCalls.file(directory, name), 0, fault);
        }
        remove(directory, AT_REMOVEDIR, fault);
        if (controlGroup.isPresent()) {
            // Busy until its last process is reaped; whoever finds it then may remove it.
            Label busy = new Label();
            Fault leaving = Fault.of(LifecycleCalls.words("remove ", controlGroup.get()))
                    .tolerating(Errno.EBUSY, busy);
            remove(controlGroup.get(), AT_REMOVEDIR, leaving);
            tape.mark(busy);
        }
    }

    private void remove(ByteString path, int flags, Fault fault) {
        Label gone = new Label();
        calls.call(
                SystemCall.UNLINKAT,
                fault.tolerating(Errno.ENOENT, gone),
                number(CallAssembler.AT_FDCWD),
                tape.string(path),
                number(flags));
        tape.mark(gone);
    }
}

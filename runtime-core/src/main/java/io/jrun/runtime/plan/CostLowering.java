package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;

/**
 * Tells how long a start took. A timer that expires each microsecond counts while nobody reads it and costs nothing until
 * then. Source: timerfd_create(2), "Operating on a timer file descriptor".
 */
final class CostLowering {

    private static final int CLOCK = 28;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int TFD_NONBLOCK = 04000;
    private static final int TFD_CLOEXEC = 02000000;
    private static final int MICROSECOND = 1000;
    private static final int STANDARD_ERROR = 2;
    private static final int COUNT = Scratch.STRUCTURES;

    private final CallAssembler calls;
    private final TapeAssembler tape;

    CostLowering(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    void start() {
        Fault fault = Fault.of("start a clock");
        // struct itimerspec: interval, then first expiration, both in seconds and nanoseconds.
        byte[] each = LittleEndian.buffer(32)
                .putLong(8, MICROSECOND)
                .putLong(24, MICROSECOND)
                .array();
        calls.callFor(
                CLOCK, SystemCall.TIMERFD_CREATE, fault, number(CLOCK_MONOTONIC), number(TFD_NONBLOCK | TFD_CLOEXEC));
        calls.call(SystemCall.TIMERFD_SETTIME, fault, register(CLOCK), number(0), tape.structure(each), number(0));
    }

    /** Where standard error is closed, nobody wants to know. */
    void tell(PlanStep.TellCost step) {
        Label untold = new Label();
        Fault fault = Fault.of("tell what the start cost")
                .tolerating(Errno.EAGAIN, untold)
                .tolerating(Errno.EBADF, untold)
                .tolerating(Errno.EPIPE, untold);
        calls.call(SystemCall.READ, fault, register(CLOCK), scratch(COUNT), number(Long.BYTES));
        tape.addInScratch(PlanFormat.OP_LOAD, CallAssembler.RESULT, COUNT);
        calls.text(tape.string(step.text()), register(CallAssembler.RESULT), tape.string(" us\n"));
        calls.call(
                SystemCall.WRITE,
                fault,
                number(STANDARD_ERROR),
                scratch(CallAssembler.TEXT),
                register(CallAssembler.LENGTH));
        tape.mark(untold);
        calls.close(CLOCK);
    }
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;

/** Writes the system calls of one machine on a tape. Registers and scratch memory named here hold nothing between steps. */
final class CallAssembler {

    /** What a call returned that nobody asks for. */
    static final int RESULT = 4;

    /** Of the text that was built last. */
    static final int LENGTH = 11;

    /** Where texts are built. */
    static final int TEXT = Scratch.TEXT;

    static final int AT_FDCWD = -100;
    static final int O_CLOEXEC = 02000000;
    static final int O_PATH = 010000000;

    final TapeAssembler tape;
    final Machine machine;

    CallAssembler(TapeAssembler tape, Machine machine) {
        this.tape = tape;
        this.machine = machine;
    }

    void call(SystemCall call, Fault fault, Operand... arguments) {
        callFor(RESULT, call, fault, arguments);
    }

    /** The result goes to a register. */
    void callFor(int result, SystemCall call, Fault fault, Operand... arguments) {
        tape.addFailing(PlanFormat.OP_SYS, result, fault, withNumber(call, arguments));
    }

    /** Joins strings and numbers into TEXT; LENGTH is its length. */
    void text(Operand... parts) {
        tape.addInScratch(PlanFormat.OP_TEXT, LENGTH, TEXT, parts);
    }

    List<Operand> strings(List<ByteString> texts) {
        List<Operand> operands = new ArrayList<>(texts.size());
        for (ByteString text : texts) {
            operands.add(tape.string(text));
        }
        return operands;
    }

    /** close(2) of an O_PATH descriptor has nothing to report. */
    void close(int descriptor) {
        tape.add(PlanFormat.OP_SYS, RESULT, withNumber(SystemCall.CLOSE, register(descriptor)));
    }

    private Operand[] withNumber(SystemCall call, Operand... arguments) {
        Operand[] operands = new Operand[arguments.length + 1];
        operands[0] = number(call.number(machine));
        System.arraycopy(arguments, 0, operands, 1, arguments.length);
        return operands;
    }
}

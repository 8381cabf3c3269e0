package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/** The facts about an open file, in scratch memory. Source: statx(2), struct statx. */
final class Statx {

    static final int STRUCTURE = Scratch.STRUCTURES + 1600;
    static final int OWNER = STRUCTURE + 20;
    static final int MODE = STRUCTURE + 28;
    static final int INODE = STRUCTURE + 32;
    static final int SIZE = STRUCTURE + 40;

    private static final int LINKS = STRUCTURE + 16;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int LOW_HALF = Integer.MAX_VALUE;

    private Statx() {}

    static void call(CallAssembler calls, Operand descriptor, Fault fault) {
        Operand[] rest = arguments(calls.tape);
        calls.call(SystemCall.STATX, fault, descriptor, rest[0], rest[1], rest[2], rest[3]);
    }

    /** Goes on at the label where the call fails. */
    static void call(CallAssembler calls, Operand descriptor, Label failed) {
        TapeAssembler tape = calls.tape;
        Operand[] rest = arguments(tape);
        Operand number = number(SystemCall.STATX.number(calls.machine));
        tape.add(PlanFormat.OP_SYS, CallAssembler.RESULT, number, descriptor, rest[0], rest[1], rest[2], rest[3]);
        tape.addJump(PlanFormat.OP_IF_LESS, failed, register(CallAssembler.RESULT), number(0));
    }

    private static Operand[] arguments(TapeAssembler tape) {
        return new Operand[] {tape.string(""), number(AT_EMPTY_PATH), number(STATX_BASIC_STATS), scratch(STRUCTURE)};
    }

    /** The number of links, in a register. */
    static Operand links(TapeAssembler tape, int into) {
        tape.addInScratch(PlanFormat.OP_LOAD, into, LINKS); // and the owner above it
        tape.add(PlanFormat.OP_AND, into, register(into), number(LOW_HALF));
        return register(into);
    }
}

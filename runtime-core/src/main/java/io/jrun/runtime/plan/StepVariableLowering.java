package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.PlanStep.StepValue;
import io.jrun.runtime.plan.PlanStep.StepVariable;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/**
 * Variables that follow from those of a step of Slurm. They are made as the payload starts, so that all ranks, and steps of
 * other jobs, run the same plan. Source: srun(1), "OUTPUT ENVIRONMENT VARIABLES".
 */
final class StepVariableLowering {

    private static final int FOUND = 16;
    private static final int VALUE = 17;
    private static final int OTHER = 18;

    /** A name, "=", and a number. */
    private static final int SLOT = 64;

    private static final int SLOTS_END = Scratch.STEP_VARIABLES + 16 * SLOT;

    /** Linux gives those below to connections: ip-sysctl.rst, "ip_local_port_range". */
    private static final int FIRST_PORT = 61000;

    private static final int PORTS = 4096;
    private static final int STEPS_SHIFT = 8;

    private final TapeAssembler tape;
    private int slot = Scratch.STEP_VARIABLES;

    StepVariableLowering(TapeAssembler tape) {
        this.tape = tape;
    }

    /** The same for all tasks of a step, another one for the next steps and jobs. */
    static long port(long job, long step) {
        return FIRST_PORT + (job + (step << STEPS_SHIFT) & PORTS - 1);
    }

    void set(StepVariable step) {
        Label end = new Label();
        get(tape.string(step.name()));
        tape.addJump(PlanFormat.OP_IF_LESS, end, number(-1), register(FOUND));
        get(tape.string("SLURM_STEP_ID"));
        tape.addJump(PlanFormat.OP_IF_LESS, end, register(FOUND), number(1));
        Operand name = tape.string(step.name() + "=");
        if (step.value() instanceof StepValue.Text text) {
            tape.add(PlanFormat.OP_ENV_SET, 0, tape.string(PlanEncoder.variable(step.name(), text.text())));
        } else if (step.value() instanceof StepValue.Copied same) {
            readNumber(VALUE, tape.string(same.variable()), end);
            setNumber(name);
        } else if (step.value() == StepValue.Derived.PORT) {
            readNumber(VALUE, tape.string("SLURM_JOB_ID"), end);
            readNumber(OTHER, tape.string("SLURM_STEP_ID"), end);
            tape.add(PlanFormat.OP_SHIFT, OTHER, register(OTHER), number(STEPS_SHIFT));
            tape.add(PlanFormat.OP_ADD, VALUE, register(VALUE), register(OTHER));
            tape.add(PlanFormat.OP_AND, VALUE, register(VALUE), number(PORTS - 1));
            tape.add(PlanFormat.OP_ADD, VALUE, register(VALUE), number(FIRST_PORT));
            setNumber(name);
        } else {
            readNumber(VALUE, tape.string("SLURM_STEP_NUM_NODES"), end);
            readNumber(OTHER, tape.string("SLURM_STEP_NUM_TASKS"), end);
            Label crowded = new Label();
            tape.addJump(PlanFormat.OP_IF_LESS, crowded, register(VALUE), register(OTHER));
            tape.addJump(PlanFormat.OP_JUMP, end);
            tape.mark(crowded);
            tape.add(PlanFormat.OP_MOVE, VALUE, number(1));
            setNumber(name);
        }
        tape.mark(end);
    }

    private void get(Operand name) {
        tape.addInScratch(PlanFormat.OP_ENV_GET, FOUND, Scratch.TEXT, name);
    }

    private void readNumber(int to, Operand name, Label none) {
        get(name);
        tape.addJump(PlanFormat.OP_IF_LESS, none, register(FOUND), number(1));
        tape.add(PlanFormat.OP_NUMBER, to, scratch(Scratch.TEXT));
        tape.addJump(PlanFormat.OP_IF_LESS, none, register(to), number(0));
    }

    private void setNumber(Operand name) {
        if (slot == SLOTS_END) {
            throw new IllegalArgumentException("too many variables of a step");
        }
        tape.addInScratch(PlanFormat.OP_TEXT, FOUND, slot, name, register(VALUE));
        tape.add(PlanFormat.OP_ENV_SET, 0, scratch(slot));
        slot += SLOT;
    }
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.LifecycleStep.Hook;
import io.jrun.runtime.plan.LifecycleStep.Hooks;
import io.jrun.runtime.plan.LifecycleStep.StateDocument;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.OptionalInt;

/**
 * Hooks of the OCI runtime-spec: programs that read the container's state. They get the variables that the bundle gives
 * them and no others, and what they print goes to standard error.
 */
final class HookLowering {

    private static final int CHILD = 14;
    private static final int LATE_CHILD = 16;
    private static final int STATE = 20;
    private static final int MFD_CLOEXEC = 1;
    private static final int SIG_SETMASK = 2;
    private static final int SIGNAL_SET_SIZE = 8;
    private static final int SIGKILL = 9;
    private static final int POLLIN = 1;

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final ProgramLowering programs;

    HookLowering(LifecycleCalls life, ProgramLowering programs) {
        this.life = life;
        this.calls = life.calls;
        this.tape = life.tape;
        this.programs = programs;
    }

    /** @param errors register with the descriptor for what they print; empty for standard error */
    void run(Hooks hooks, OptionalInt errors) {
        for (Hook hook : hooks.hooks()) {
            run(hook, hooks.state(), errors);
        }
    }

    /** A failure is told and nothing else. Source: runtime.md, "Lifecycle", on poststart and poststop. */
    void runLate(Hooks hooks) {
        for (Hook hook : hooks.hooks()) {
            Fault fault = fault(hook);
            Label again = new Label();
            programs.begin(fault);
            programs.fork(fault, LATE_CHILD, () -> {
                run(hook, hooks.state(), OptionalInt.empty());
                life.exit(0);
            });
            tape.mark(again);
            calls.call(
                    SystemCall.WAIT4,
                    fault.tolerating(Errno.EINTR, again),
                    register(LATE_CHILD),
                    number(0),
                    number(ProgramLowering.WALL),
                    number(0));
            programs.end(fault);
        }
    }

    private static Fault fault(Hook hook) {
        return Fault.of(LifecycleCalls.words("run the " + hook.kind() + " hook ", hook.path()));
    }

    private void run(Hook hook, StateDocument state, OptionalInt errors) {
        Fault fault = fault(hook);
        writeState(state, fault);
        programs.begin(fault);
        programs.fork(fault, CHILD, () -> {
            life.redirect(STATE, 0, fault);
            if (errors.isPresent()) {
                life.redirect(errors.getAsInt(), 2, fault);
            }
            calls.call(SystemCall.DUP3, fault, number(2), number(1), number(0));
            Operand none = number(0);
            byte[] nothing = new byte[8];
            calls.call(
                    SystemCall.RT_SIGPROCMASK,
                    fault,
                    number(SIG_SETMASK),
                    tape.structure(nothing),
                    none,
                    number(SIGNAL_SET_SIZE));
            tape.add(PlanFormat.OP_ENV_SET, calls.strings(hook.environment()));
            tape.add(PlanFormat.OP_ARGUMENTS, calls.strings(hook.arguments()));
            Fault missing = fault.because(Errno.ENOENT, "there is no such program", "check hooks in config.json");
            tape.addFailing(
                    PlanFormat.OP_EXECUTE, CallAssembler.RESULT, missing, tape.string(""), tape.string(hook.path()));
        });
        if (hook.timeoutSeconds().isPresent()) {
            limit(hook.timeoutSeconds().getAsInt(), fault);
        }
        programs.await(fault, CHILD);
        programs.end(fault);
        calls.close(STATE);
    }

    /** In memory, from its beginning: pwrite64(2) leaves the offset where it is. */
    private void writeState(StateDocument state, Fault fault) {
        calls.callFor(STATE, SystemCall.MEMFD_CREATE, fault, tape.string("jrun-state"), number(MFD_CLOEXEC));
        int head = state.beforeProcess().length();
        Operand file = register(STATE);
        calls.call(SystemCall.PWRITE64, fault, file, tape.string(state.beforeProcess()), number(head), number(0));
        if (state.hasProcess()) {
            calls.text(register(LifecycleCalls.PROCESS));
            Operand length = register(CallAssembler.LENGTH);
            calls.call(SystemCall.PWRITE64, fault, file, scratch(CallAssembler.TEXT), length, number(head));
            tape.add(PlanFormat.OP_ADD, CallAssembler.LENGTH, length, number(head));
            int tail = state.behindProcess().length();
            calls.call(SystemCall.PWRITE64, fault, file, tape.string(state.behindProcess()), number(tail), length);
        }
    }

    /** Source: pidfd_open(2), which makes the end of a process something to wait for with a limit. */
    private void limit(int seconds, Fault fault) {
        Label again = new Label();
        Label ended = new Label();
        Operand word = register(CallAssembler.LENGTH);
        calls.call(SystemCall.PIDFD_OPEN, fault, register(CHILD), number(0));
        tape.add(PlanFormat.OP_SHIFT, CallAssembler.LENGTH, number(POLLIN), number(32));
        tape.add(PlanFormat.OP_OR, CallAssembler.LENGTH, word, register(CallAssembler.RESULT));
        tape.addInScratch(PlanFormat.OP_STORE, 0, LifecycleCalls.WORD, word);
        byte[] time = LittleEndian.buffer(16).putLong(0, seconds).array();
        tape.mark(again);
        calls.call(
                SystemCall.PPOLL,
                fault.tolerating(Errno.EINTR, again),
                scratch(LifecycleCalls.WORD),
                number(1),
                tape.structure(time),
                number(0),
                number(0));
        tape.addJump(PlanFormat.OP_IF_LESS, ended, number(0), register(CallAssembler.RESULT));
        calls.call(SystemCall.KILL, fault, register(CHILD), number(SIGKILL));
        tape.addFailing(
                PlanFormat.OP_FAIL,
                CallAssembler.RESULT,
                fault,
                number(PlanFormat.NO_ERRNO),
                tape.string("it did not end within " + seconds + " s"));
        tape.mark(ended);
    }
}

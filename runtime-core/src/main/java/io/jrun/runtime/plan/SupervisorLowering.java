package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/**
 * Processes that stay while a child goes on with the plan: they hand on the signals that other processes send them, and
 * end as the child ends. For a PID namespace there are two in a row, the caller's child outside and the namespace's init
 * inside. The inner one cannot end by a signal of its own and so tells the outer one through a pipe how the payload
 * ended.
 */
final class SupervisorLowering {

    private static final int CHILD = 14;
    private static final int STATUS = 15;
    private static final int REPORT_IN = 26;
    private static final int REPORT_OUT = 27;

    private static final int OLD_MASK = Scratch.STRUCTURES + 1504;
    private static final int OLD_ACTION = OLD_MASK + 16;
    private static final int PIPE = OLD_ACTION + 48; // two descriptors of 32 bits, then zeros
    private static final int WORD = PIPE + 16;

    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_DUMPABLE = 4;
    private static final int SIGNAL_SET_SIZE = 8;
    private static final int LOW_HALF = Integer.MAX_VALUE;

    /** All but those that stop and continue: at a terminal the child gets them by itself. */
    static final long HANDED_ON = ~(signal(18) | signal(19) | signal(20) | signal(21) | signal(22));

    private final CallAssembler calls;
    private final TapeAssembler tape;
    private boolean outside = true;

    SupervisorLowering(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    private static long signal(int number) {
        return 1L << (number - 1);
    }

    /** This process stays; the tape goes on in its child. The first one is the outer one. */
    void fork(Fault fault) {
        boolean outer = outside;
        if (outer) {
            openReport();
        }
        outside = false;
        fork(fault, new Runnable() {
            @Override
            public void run() {
                if (outer) {
                    calls.close(REPORT_OUT); // else it would wait for itself to write
                }
                superviseChild();
                if (outer) {
                    readReport();
                } else {
                    writeReport();
                }
                leave();
            }
        });
    }

    /**
     * This process stays, and ends as the child does; the tape goes on in that.
     *
     * @param atStart what this process does first
     * @param atEnd what it does when the child has ended; STATUS is not its to change
     */
    void fork(Fault fault, Runnable atStart, Runnable atEnd) {
        fork(fault, new Runnable() {
            @Override
            public void run() {
                atStart.run();
                superviseChild();
                atEnd.run();
                leave();
            }
        });
    }

    private void superviseChild() {
        tape.add(PlanFormat.OP_SUPERVISE, STATUS, register(CHILD));
    }

    private void fork(Fault fault, Runnable parent) {
        Label inParent = new Label();
        Operand none = number(0);
        byte[] handedOn = LittleEndian.buffer(8).putLong(0, HANDED_ON).array();
        // Both before the child is made: neither its end nor any signal may be missed.
        setAction(fault, tape.structure(new byte[ProgramLowering.ACTION_SIZE]), scratch(OLD_ACTION));
        setMask(fault, SIG_BLOCK, tape.structure(handedOn), scratch(OLD_MASK));
        calls.callFor(CHILD, SystemCall.CLONE, fault, number(SIGCHLD), none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_LESS, inParent, none, register(CHILD));
        calls.call(SystemCall.PRCTL, fault, number(PR_SET_PDEATHSIG), number(SIGKILL), none, none, none);
        setMask(fault, SIG_SETMASK, scratch(OLD_MASK), none);
        setAction(fault, scratch(OLD_ACTION), none);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(inParent);
                parent.run();
            }
        });
    }

    private void openReport() {
        Fault fault = Fault.of("make a pipe");
        calls.call(SystemCall.PIPE2, fault, scratch(PIPE), number(CallAssembler.O_CLOEXEC));
        tape.addInScratch(PlanFormat.OP_LOAD, REPORT_IN, PIPE);
        tape.add(PlanFormat.OP_AND, REPORT_IN, register(REPORT_IN), number(LOW_HALF));
        tape.addInScratch(PlanFormat.OP_LOAD, REPORT_OUT, PIPE + 4);
        tape.add(PlanFormat.OP_AND, REPORT_OUT, register(REPORT_OUT), number(LOW_HALF));
    }

    private void setAction(Fault fault, Operand action, Operand old) {
        calls.call(SystemCall.RT_SIGACTION, fault, number(SIGCHLD), action, old, number(SIGNAL_SET_SIZE));
    }

    private void setMask(Fault fault, int how, Operand mask, Operand old) {
        calls.call(SystemCall.RT_SIGPROCMASK, fault, number(how), mask, old, number(SIGNAL_SET_SIZE));
    }

    /** Its errors are of no interest: the outer process then goes by the inner one's exit status. */
    private void writeReport() {
        tape.addInScratch(PlanFormat.OP_STORE, 0, WORD, register(STATUS));
        Operand write = number(SystemCall.WRITE.number(calls.machine));
        tape.add(PlanFormat.OP_SYS, CallAssembler.RESULT, write, register(REPORT_OUT), scratch(WORD), number(8));
    }

    private void readReport() {
        Label told = new Label();
        Label end = new Label();
        Operand read = number(SystemCall.READ.number(calls.machine));
        tape.add(PlanFormat.OP_SYS, CallAssembler.RESULT, read, register(REPORT_IN), scratch(WORD), number(8));
        tape.addJump(PlanFormat.OP_IF_EQUAL, told, register(CallAssembler.RESULT), number(8));
        tape.addJump(PlanFormat.OP_JUMP, end);
        tape.mark(told);
        tape.addInScratch(PlanFormat.OP_LOAD, STATUS, WORD);
        tape.mark(end);
    }

    /** Ends as a register says, which is as in wait(2). */
    void leaveAs(int status) {
        tape.add(PlanFormat.OP_MOVE, STATUS, register(status));
        leave();
    }

    /** Ends as STATUS says, which is as in wait(2). */
    private void leave() {
        Label exit = new Label();
        Fault fault = Fault.of("end as the payload did");
        Operand none = number(0);
        tape.addInScratch(PlanFormat.OP_STORE, 0, WORD, register(STATUS));
        tape.add(PlanFormat.OP_AND, CHILD, register(STATUS), number(0x7f));
        tape.addJump(PlanFormat.OP_IF_EQUAL, exit, register(CHILD), none);
        calls.call(SystemCall.PRCTL, fault, number(PR_SET_DUMPABLE), none, none, none, none); // one core is enough
        Operand usual = tape.structure(new byte[ProgramLowering.ACTION_SIZE]);
        Operand action = number(SystemCall.RT_SIGACTION.number(calls.machine)); // SIGKILL takes none: EINVAL
        tape.add(
                PlanFormat.OP_SYS, CallAssembler.RESULT, action, register(CHILD), usual, none, number(SIGNAL_SET_SIZE));
        calls.call(SystemCall.GETPID, fault);
        calls.call(SystemCall.KILL, fault, register(CallAssembler.RESULT), register(CHILD));
        setMask(fault, SIG_SETMASK, tape.structure(new byte[8]), none);
        // An init survives its own signals.
        tape.add(PlanFormat.OP_ADD, CHILD, register(CHILD), number(128));
        calls.call(SystemCall.EXIT_GROUP, fault, register(CHILD));
        tape.mark(exit);
        tape.addInScratch(PlanFormat.OP_LOAD, STATUS, WORD + 1);
        tape.add(PlanFormat.OP_AND, STATUS, register(STATUS), number(0xff));
        calls.call(SystemCall.EXIT_GROUP, fault, register(STATUS));
    }
}

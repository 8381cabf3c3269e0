package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/**
 * Takes the file away through which processes found each other, when the last of them has ended. Nobody knows before who
 * that will be, so whoever makes the namespaces leaves a process outside of them, which waits for the end of one of those in
 * the file after the other. Where it is killed the file stays until `jrun gc`; nothing else depends on it.
 *
 * <p>Source: pidfd_open(2), which polls as readable when the process ends.
 */
final class JoinGuard {

    private static final int BETWEEN = 14;
    private static final int PROCESS = 20;
    private static final int PLACE = 24;
    private static final int INODE = 23;
    private static final int PEER = 16;
    private static final int VALUE = 18;

    private static final int POLL = Scratch.STRUCTURES + 2048; // struct pollfd of poll(2)
    private static final int POLLIN = 1;
    private static final int O_RDWR = 2;
    private static final int LOCK_EX = 2;
    private static final int LOCK_UN = 8;

    private final CallAssembler calls;
    private final ProgramLowering programs;
    private final TapeAssembler tape;

    JoinGuard(CallAssembler calls, ProgramLowering programs) {
        this.calls = calls;
        this.programs = programs;
        this.tape = calls.tape;
    }

    /**
     * Before there are namespaces, by a process between that ends at once: the payload must not find a child that it did
     * not make.
     */
    void fork(Fault fault) {
        programs.begin(fault);
        programs.fork(fault, BETWEEN, new Runnable() {
            @Override
            public void run() {
                Label guard = new Label();
                Operand none = number(0);
                calls.callFor(BETWEEN, SystemCall.CLONE, fault, none, none, none, none, none);
                tape.addJump(PlanFormat.OP_IF_EQUAL, guard, register(BETWEEN), none);
                calls.call(SystemCall.EXIT_GROUP, fault, none);
                tape.mark(guard);
                watch(fault);
            }
        });
        programs.await(fault, BETWEEN);
        programs.end(fault);
    }

    /** A lock belongs to what was opened, so the file is opened once more, and the other descriptor is closed. */
    private void watch(Fault fault) {
        Label end = new Label();
        Label again = new Label();
        Label remove = new Label();
        Operand file = number(ProgramLowering.KEPT);
        calls.call(SystemCall.SETSID, fault);
        programs.ignoreSignals(fault);
        programs.redirectToNull(fault);
        tape.addInScratch(
                PlanFormat.OP_TEXT,
                CallAssembler.LENGTH,
                Scratch.LINES,
                scratch(JoinLowering.RUNTIME),
                tape.string("/"),
                scratch(JoinLowering.NAME));
        calls.callFor(
                VALUE,
                SystemCall.OPENAT,
                fault.tolerating(Errno.ENOENT, end),
                number(CallAssembler.AT_FDCWD),
                scratch(Scratch.LINES),
                number(O_RDWR | CallAssembler.O_CLOEXEC));
        calls.close(JoinLowering.FILE); // and with it its lock, should the other process end before it lets go
        calls.close(JoinLowering.DIRECTORY);
        programs.keepOnly(VALUE, fault);
        calls.call(SystemCall.CHDIR, fault, tape.string("/"));
        tape.mark(again);
        calls.call(SystemCall.FLOCK, fault.tolerating(Errno.EINTR, again), file, number(LOCK_EX));
        tape.addJump(PlanFormat.OP_IF_EQUAL, end, links(file, fault), number(0));
        awaitOne(file, again, remove, fault);
        tape.mark(remove);
        calls.call(
                SystemCall.UNLINKAT,
                fault.tolerating(Errno.ENOENT, end),
                number(CallAssembler.AT_FDCWD),
                scratch(Scratch.LINES),
                number(0));
        tape.mark(end);
        calls.call(SystemCall.EXIT_GROUP, fault, number(0));
    }

    /** How many names a file has: none, when somebody was quicker. */
    private Operand links(Operand file, Fault fault) {
        Statx.call(calls, file, fault);
        return Statx.links(tape, VALUE);
    }

    /** Waits for the end of the first that lives and is in the mount namespace, and looks again; else goes on. */
    private void awaitOne(Operand file, Label again, Label nobody, Fault fault) {
        Label next = new Label();
        Label other = new Label();
        tape.add(PlanFormat.OP_MOVE, PLACE, number(0));
        readEntry(file, nobody, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, INODE, JoinLowering.ENTRY);
        tape.mark(next);
        readEntry(file, nobody, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, PEER, JoinLowering.ENTRY);
        calls.text(tape.string("/proc/"), register(PEER), tape.string("/ns/mnt"));
        Fault gone = fault.tolerating(PlanFormat.ANY_ERROR, next);
        Operand how = number(CallAssembler.O_CLOEXEC);
        calls.callFor(
                PROCESS, SystemCall.OPENAT, gone, number(CallAssembler.AT_FDCWD), scratch(CallAssembler.TEXT), how);
        Statx.call(calls, register(PROCESS), fault);
        calls.close(PROCESS);
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, Statx.INODE);
        tape.addJump(PlanFormat.OP_IF_EQUAL, other, register(VALUE), register(INODE));
        tape.addJump(PlanFormat.OP_JUMP, next);
        tape.mark(other);
        calls.callFor(PROCESS, SystemCall.PIDFD_OPEN, fault.tolerating(Errno.ESRCH, next), register(PEER), number(0));
        calls.call(SystemCall.FLOCK, fault, file, number(LOCK_UN));
        tape.add(PlanFormat.OP_MOVE, VALUE, number(POLLIN));
        tape.add(PlanFormat.OP_SHIFT, VALUE, register(VALUE), number(32));
        tape.add(PlanFormat.OP_OR, VALUE, register(VALUE), register(PROCESS));
        tape.addInScratch(PlanFormat.OP_STORE, 0, POLL, register(VALUE));
        Label ended = new Label();
        Operand none = number(0);
        calls.call(
                SystemCall.PPOLL,
                fault.tolerating(Errno.EINTR, ended),
                scratch(POLL),
                number(1),
                none,
                none,
                number(8));
        tape.mark(ended);
        calls.close(PROCESS);
        tape.addJump(PlanFormat.OP_JUMP, again);
    }

    private void readEntry(Operand file, Label nobody, Fault fault) {
        Label whole = new Label();
        Operand entry = scratch(JoinLowering.ENTRY);
        calls.call(SystemCall.PREAD64, fault, file, entry, number(8), register(PLACE));
        tape.addJump(PlanFormat.OP_IF_EQUAL, whole, register(CallAssembler.RESULT), number(8));
        tape.addJump(PlanFormat.OP_JUMP, nobody);
        tape.mark(whole);
        tape.add(PlanFormat.OP_ADD, PLACE, register(PLACE), number(8));
    }
}

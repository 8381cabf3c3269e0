package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;

/** Other programs of the host: a child of the starter runs them, and the starter waits. */
final class ProgramLowering {

    /** Of the starter. */
    static final int SELF = 13;

    /** The descriptor that {@link #keepOnly} leaves. */
    static final int KEPT = 3;

    private static final int CHILD = 14;
    private static final int STATUS = 15;

    /** The environment file, while one is open. */
    private static final int FILE = 16;

    /** The file of mounts, while one is open. */
    private static final int MOUNTS = 29;

    /** The starter as the host's /proc numbers it; within one step. */
    private static final int SELF_ON_HOST = 12;

    private static final int WAIT_STATUS = Scratch.STRUCTURES + 512;
    private static final int OLD_ACTION = WAIT_STATUS + 16; // struct sigaction of rt_sigaction(2)

    private static final int SELF_TEXT = Scratch.STRUCTURES + 640;
    private static final int SELF_LENGTH = 15; // and zero bytes behind it

    private static final int NO_SIGNALS = Scratch.STRUCTURES + 1100;
    private static final int SIG_SETMASK = 2;
    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int SIGNAL_SET_SIZE = 8;
    static final int ACTION_SIZE = 32;
    private static final int PR_SET_PDEATHSIG = 1;
    static final int WALL = 0x40000000;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_NOEXEC_SEAL = 8;
    private static final int O_RDWR = 2;

    private final CallAssembler calls;
    private final TapeAssembler tape;
    private boolean fileIsOpen;
    private boolean mountsAreOpen;

    ProgramLowering(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    void run(PlanStep.RunProgram step) {
        if (step.command().isEmpty() || !step.command().get(0).startsWith("/")) {
            throw new IllegalArgumentException("a program of the host is named by its absolute path: " + step);
        }
        Fault fault = Fault.of(step.what());
        boolean fileForIt = fileIsOpen;
        boolean mountsForIt = mountsAreOpen;
        begin(fault);
        numberSelf(fault);
        fork(fault, CHILD, new Runnable() {
            @Override
            public void run() {
                redirect(fault);
                if (fileForIt) {
                    nameFile("JRUN_ENVIRON=/proc/", FILE, Scratch.TEXT);
                }
                if (mountsForIt) {
                    nameFile("JRUN_MOUNTS=/proc/", MOUNTS, Scratch.OPTIONS);
                }
                tape.addInScratch(
                        PlanFormat.OP_TEXT,
                        CallAssembler.LENGTH,
                        Scratch.LINES,
                        tape.string("JRUN_PID="),
                        register(SELF_ON_HOST));
                tape.add(PlanFormat.OP_ENV_SET, 0, scratch(Scratch.LINES));
                tape.add(PlanFormat.OP_ENV_SET, calls.strings(step.variables()));
                execute(calls.strings(step.command()), fault);
            }
        });
        await(fault, CHILD);
        end(fault);
    }

    /** In a PID namespace of its own the starter has another number than in the /proc that programs of the host see. */
    private void numberSelf(Fault fault) {
        tape.addInScratch(PlanFormat.OP_STORE, 0, SELF_TEXT, number(0));
        tape.addInScratch(PlanFormat.OP_STORE, 0, SELF_TEXT + 8, number(0));
        calls.call(
                SystemCall.READLINKAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                tape.string("/proc/self"),
                scratch(SELF_TEXT),
                number(SELF_LENGTH));
        tape.add(PlanFormat.OP_NUMBER, SELF_ON_HOST, scratch(SELF_TEXT));
    }

    /** In a child: the text is not built again before its program runs. */
    private void nameFile(String variable, int descriptor, int place) {
        tape.addInScratch(
                PlanFormat.OP_TEXT,
                CallAssembler.LENGTH,
                place,
                tape.string(variable),
                register(SELF_ON_HOST),
                tape.string("/fd/"),
                register(descriptor));
        tape.add(PlanFormat.OP_ENV_SET, 0, scratch(place));
    }

    void openEnvironmentFile() {
        fileIsOpen = true;
        openFile(FILE, "jrun-environ", Fault.of("make a file for the variables of hooks"));
    }

    void openMountFile() {
        mountsAreOpen = true;
        openFile(MOUNTS, "jrun-mounts", Fault.of("make a file for the mounts of hooks"));
    }

    private void openFile(int file, String called, Fault fault) {
        Label older = new Label();
        Label end = new Label();
        Operand name = tape.string(called);
        // Some hosts refuse memory files that could be executed: sysctl vm.memfd_noexec.
        calls.callFor(
                file,
                SystemCall.MEMFD_CREATE,
                fault.tolerating(Errno.EINVAL, older),
                name,
                number(MFD_CLOEXEC | MFD_NOEXEC_SEAL));
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older); // before Linux 6.3, which does not know the flag
                calls.callFor(file, SystemCall.MEMFD_CREATE, fault, name, number(MFD_CLOEXEC));
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }

    void mergeEnvironmentFile() {
        if (!fileIsOpen) {
            throw new IllegalArgumentException("no environment file is open");
        }
        fileIsOpen = false;
        readLines(FILE, Fault.of("read the variables of hooks"), "they set too many");
        tape.add(PlanFormat.OP_ENV_LINES, 0, scratch(Scratch.LINES), register(STATUS));
        calls.close(FILE);
    }

    /** Before the variables are read, which stay where the lines of both are read to. */
    void mountLines(PlanStep.MountLines step) {
        if (!mountsAreOpen) {
            throw new IllegalArgumentException("no file of mounts is open");
        }
        mountsAreOpen = false;
        readLines(MOUNTS, Fault.of("read the mounts of hooks"), "they ask for too many");
        tape.addFailing(
                PlanFormat.OP_MOUNTS,
                CallAssembler.RESULT,
                mountFault(),
                scratch(Scratch.LINES),
                register(STATUS),
                register(MountCalls.ROOT),
                number(step.makesPoints() ? 1 : 0));
        calls.close(MOUNTS);
    }

    private static Fault mountFault() {
        return Fault.of("mount the hooks' line")
                .because(
                        Errno.ENOENT,
                        "one of both places is missing",
                        "check the line; mount points are made where the start has --rw or --overlay")
                .because(
                        Errno.ENOTDIR,
                        "a directory can only be mounted on a directory, and a file on a file",
                        "choose a target of the same kind")
                .because(
                        Errno.EINVAL,
                        "the kernel refuses to part it from mounts below it, or an option of it",
                        "mount it with all that is below: rbind")
                .because(PlanFormat.NO_ERRNO, "", "write: SOURCE TARGET [none|bind|tmpfs [OPTIONS]]");
    }

    /** Into LINES, as many bytes as STATUS then says. */
    private void readLines(int file, Fault fault, String tooMany) {
        Label fits = new Label();
        int limit = Scratch.LINES_END - Scratch.LINES;
        calls.callFor(
                STATUS, SystemCall.PREAD64, fault, register(file), scratch(Scratch.LINES), number(limit), number(0));
        tape.addJump(PlanFormat.OP_IF_LESS, fits, register(STATUS), number(limit));
        tape.addFailing(
                PlanFormat.OP_FAIL, CallAssembler.RESULT, fault, number(PlanFormat.NO_ERRNO), tape.string(tooMany));
        tape.mark(fits);
    }

    /** Before the first {@link #fork}: with SIGCHLD ignored the kernel would forget how a child ended: wait(2), NOTES. */
    void begin(Fault fault) {
        calls.callFor(SELF, SystemCall.GETPID, fault);
        setAction(fault, tape.structure(new byte[ACTION_SIZE]), scratch(OLD_ACTION));
    }

    /** After the last {@link #await}. */
    void end(Fault fault) {
        setAction(fault, scratch(OLD_ACTION), number(0));
    }

    private void setAction(Fault fault, Operand action, Operand old) {
        calls.call(SystemCall.RT_SIGACTION, fault, number(SIGCHLD), action, old, number(SIGNAL_SET_SIZE));
    }

    /**
     * A child that ends when the starter ends.
     *
     * @param child register for its process ID
     * @param body what it does; ends with a program or an exit
     */
    void fork(Fault fault, int child, Runnable body) {
        Label inChild = new Label();
        calls.callFor(child, SystemCall.CLONE, fault, number(0), number(0), number(0), number(0), number(0));
        tape.addJump(PlanFormat.OP_IF_EQUAL, inChild, register(child), number(0));
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                Label alive = new Label();
                tape.mark(inChild);
                Operand none = number(0);
                calls.call(SystemCall.PRCTL, fault, number(PR_SET_PDEATHSIG), number(SIGKILL), none, none, none);
                calls.call(SystemCall.GETPPID, fault);
                tape.addJump(PlanFormat.OP_IF_EQUAL, alive, register(CallAssembler.RESULT), register(SELF));
                calls.call(SystemCall.EXIT_GROUP, fault, number(Fault.OWN_FAILURE)); // the starter is gone already
                tape.mark(alive);
                body.run();
            }
        });
    }

    /** Waits for the child and ends the start unless its exit status is 0. */
    void await(Fault fault, int child) {
        Label again = new Label();
        Label failed = new Label();
        tape.mark(again);
        tape.addInScratch(PlanFormat.OP_STORE, 0, WAIT_STATUS, number(0));
        calls.call(
                SystemCall.WAIT4,
                fault.tolerating(Errno.EINTR, again),
                register(child),
                scratch(WAIT_STATUS),
                number(WALL),
                number(0));
        Label end = new Label();
        tape.addInScratch(PlanFormat.OP_LOAD, STATUS, WAIT_STATUS);
        tape.addJump(PlanFormat.OP_IF_EQUAL, end, register(STATUS), number(0));
        tape.addJump(PlanFormat.OP_JUMP, failed);
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(failed);
                failAs(fault);
            }
        });
    }

    /** wait(2): the low seven bits are the signal, the next byte but one bit the exit status. */
    private void failAs(Fault fault) {
        Label exited = new Label();
        tape.add(PlanFormat.OP_AND, STATUS, register(STATUS), number(0x7f));
        tape.addJump(PlanFormat.OP_IF_EQUAL, exited, register(STATUS), number(0));
        fail(fault, tape.string("it was killed by signal "), register(STATUS));
        tape.mark(exited);
        tape.addInScratch(PlanFormat.OP_LOAD, STATUS, WAIT_STATUS + 1);
        tape.add(PlanFormat.OP_AND, STATUS, register(STATUS), number(0xff));
        fail(fault, tape.string("it ended with status "), register(STATUS));
    }

    private void fail(Fault fault, Operand... cause) {
        calls.text(cause);
        tape.addFailing(
                PlanFormat.OP_FAIL, CallAssembler.RESULT, fault, number(PlanFormat.NO_ERRNO), scratch(Scratch.TEXT));
    }

    /** Nothing to read, and what it says goes where the starter's own messages go. */
    private void redirect(Fault fault) {
        Operand flags = number(O_RDWR | CallAssembler.O_CLOEXEC);
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.call(SystemCall.OPENAT, fault, here, tape.string("/dev/null"), flags);
        calls.call(SystemCall.DUP3, fault, register(CallAssembler.RESULT), number(0), number(0));
        calls.call(SystemCall.DUP3, fault, number(2), number(1), number(0));
    }

    /** For a child that nobody listens to. */
    void redirectToNull(Fault fault) {
        redirect(fault);
        calls.call(SystemCall.DUP3, fault, number(0), number(1), number(0));
        calls.call(SystemCall.DUP3, fault, number(0), number(2), number(0));
    }

    /** For a child that must outlive what is sent to the payload's terminal or job; what it executes ignores them too. */
    void ignoreSignals(Fault fault) {
        byte[] ignore = LittleEndian.buffer(ACTION_SIZE).putLong(0, 1).array();
        for (int signal : new int[] {1, 2, 3, 13, 15}) { // HUP, INT, QUIT, PIPE, TERM
            calls.call(SystemCall.RT_SIGACTION, fault, number(signal), tape.structure(ignore), number(0), number(8));
        }
        tape.addInScratch(PlanFormat.OP_STORE, 0, NO_SIGNALS, number(0));
        calls.call(SystemCall.RT_SIGPROCMASK, fault, number(SIG_SETMASK), scratch(NO_SIGNALS), number(0), number(8));
    }

    /** Closes all descriptors beyond the standard ones but this, which becomes {@link #KEPT}: others wait for their end. */
    void keepOnly(int descriptor, Fault fault) {
        Label placed = new Label();
        Label closed = new Label();
        calls.call(
                SystemCall.DUP3,
                fault.tolerating(Errno.EINVAL, placed), // it has that number already
                register(descriptor),
                number(KEPT),
                number(0));
        tape.mark(placed);
        calls.call(
                SystemCall.CLOSE_RANGE,
                fault.tolerating(Errno.ENOSYS, closed),
                number(KEPT + 1),
                number(-1),
                number(0));
        tape.mark(closed);
    }

    void execute(List<Operand> arguments, Fault fault) {
        tape.add(PlanFormat.OP_ARGUMENTS, arguments);
        Fault missing = fault.because(Errno.ENOENT, "there is no such program on the host", "")
                .because(
                        Errno.ENOENT | PlanFormat.NO_INTERPRETER,
                        "the program is there, but not the interpreter or loader it asks for",
                        "check its \"#!\" line")
                .because(Errno.ENOEXEC, "it is neither a program nor a script with \"#!\"", "begin it with #!/bin/sh");
        tape.addFailing(PlanFormat.OP_EXECUTE, CallAssembler.RESULT, missing, tape.string(""));
    }
}

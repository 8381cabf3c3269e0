package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.LifecycleCalls.ANSWER_IN;
import static io.jrun.runtime.plan.LifecycleCalls.ANSWER_OUT;
import static io.jrun.runtime.plan.LifecycleCalls.DOWN_IN;
import static io.jrun.runtime.plan.LifecycleCalls.DOWN_OUT;
import static io.jrun.runtime.plan.LifecycleCalls.ERRORS;
import static io.jrun.runtime.plan.LifecycleCalls.GATE;
import static io.jrun.runtime.plan.LifecycleCalls.PROCESS;
import static io.jrun.runtime.plan.LifecycleCalls.TELL_IN;
import static io.jrun.runtime.plan.LifecycleCalls.TELL_OUT;
import static io.jrun.runtime.plan.LifecycleCalls.UP_IN;
import static io.jrun.runtime.plan.LifecycleCalls.UP_OUT;
import static io.jrun.runtime.plan.LifecycleCalls.WORD;
import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.MakeContainer;
import io.jrun.runtime.plan.LifecycleStep.StateFiles;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The processes that make a container, each the child of the one before:
 *
 * <pre>
 *   caller      waits; removes the state when the maker fails; attached, it stays until the container ends
 *   maker       in the caller's namespaces: runs hooks, records the container's process
 *   stage       enters and makes namespaces, and ends
 *   container   mounts, waits to be started, becomes the program
 * </pre>
 *
 * The maker and the container's process exchange words over two pipes. Each ends when the other end of its pipe is
 * closed, so that the death of any of them at any moment leaves none of the others.
 */
final class CreationLowering {

    private static final int CHILD = 14;
    private static final int STATUS = 15;
    private static final int FILE = 19;
    private static final int ENDED = 20;

    private static final int SIGCHLD = 17;
    private static final int SIGKILL = 9;
    private static final int SIG_BLOCK = 0;
    private static final int SIG_SETMASK = 2;
    private static final int SIGNAL_SET_SIZE = 8;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int S_IFIFO = 0010000;
    private static final int STATUS_SIZE = 0x1000;

    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final HookLowering hooks;
    private final ProgramLowering programs;
    private final SupervisorLowering supervisor;
    private final StateRemoval states;
    private boolean attached;

    /** Whether the container's process waits to be started by another command. */
    private boolean gated;

    private boolean startable;

    CreationLowering(LifecycleCalls life, HookLowering hooks, ProgramLowering programs, StateRemoval states) {
        this.programs = programs;
        this.life = life;
        this.calls = life.calls;
        this.tape = life.tape;
        this.hooks = hooks;
        this.supervisor = new SupervisorLowering(calls);
        this.states = states;
    }

    private static Fault fault() {
        return Fault.of("make the container's processes");
    }

    void make(MakeContainer step) {
        Fault fault = fault();
        Label inCaller = new Label();
        Label inMaker = new Label();
        Operand none = number(0);
        attached = step.attached();
        gated = !attached && step.directory().isPresent();
        Operand usual = tape.structure(new byte[ProgramLowering.ACTION_SIZE]);
        action(fault, usual, scratch(LifecycleCalls.OLD_ACTION));
        if (attached) {
            byte[] handedOn = LittleEndian.buffer(8)
                    .putLong(0, SupervisorLowering.HANDED_ON)
                    .array();
            mask(fault, SIG_BLOCK, tape.structure(handedOn), scratch(LifecycleCalls.OLD_MASK));
            life.prctl(fault, PR_SET_CHILD_SUBREAPER, number(1));
        }
        if (gated) {
            ByteString directory = step.directory().orElseThrow();
            openFifo(GATE, LifecycleCalls.file(directory, StateFiles.GATE));
            openFifo(ANSWER_OUT, LifecycleCalls.file(directory, StateFiles.ANSWER));
        } else {
            life.pipe(ANSWER_IN, ANSWER_OUT, fault);
        }
        life.pipe(TELL_IN, TELL_OUT, fault);
        calls.callFor(CHILD, SystemCall.CLONE, fault, number(SIGCHLD), none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_LESS, inCaller, none, register(CHILD));
        tape.outOfLine(() -> {
            tape.mark(inCaller);
            caller(step, fault);
        });
        life.prctl(fault, PR_SET_PDEATHSIG, number(SIGKILL));
        calls.close(TELL_IN);
        life.pipe(UP_IN, UP_OUT, fault);
        life.pipe(DOWN_IN, DOWN_OUT, fault);
        calls.callFor(CHILD, SystemCall.CLONE, fault, number(SIGCHLD), none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_LESS, inMaker, none, register(CHILD));
        tape.outOfLine(() -> {
            tape.mark(inMaker);
            maker(step, fault);
        });
        calls.close(UP_IN);
        calls.close(DOWN_OUT);
        calls.close(TELL_OUT);
        calls.call(SystemCall.UMASK, fault, number(0022));
        step.controlGroup().ifPresent(this::enterGroup);
    }

    /** Before any namespace: a control group namespace has the group of who makes it for its root. */
    private void enterGroup(ByteString group) {
        ByteString members = LifecycleCalls.file(group, "cgroup.procs");
        Fault fault = Fault.of(LifecycleCalls.words("place the container in ", members));
        life.open(FILE, members, LifecycleCalls.O_WRONLY, 0, fault);
        calls.call(SystemCall.WRITE, fault, register(FILE), tape.string("0"), number(1));
        calls.close(FILE);
    }

    /** Open for both directions nobody waits for the other end: fifo(7). */
    private void openFifo(int descriptor, ByteString path) {
        Fault fault = Fault.of(LifecycleCalls.words("make the fifo ", path));
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.call(SystemCall.MKNODAT, fault, here, tape.string(path), number(S_IFIFO | 0600), number(0));
        life.open(descriptor, path, LifecycleCalls.O_RDWR, 0, fault);
    }

    private void action(Fault fault, Operand action, Operand old) {
        calls.call(SystemCall.RT_SIGACTION, fault, number(SIGCHLD), action, old, number(SIGNAL_SET_SIZE));
    }

    private void mask(Fault fault, int how, Operand mask, Operand old) {
        calls.call(SystemCall.RT_SIGPROCMASK, fault, number(how), mask, old, number(SIGNAL_SET_SIZE));
    }

    private void caller(MakeContainer step, Fault fault) {
        Label made = new Label();
        calls.close(ANSWER_OUT);
        calls.close(TELL_OUT);
        if (gated) {
            calls.close(GATE);
        }
        await(fault);
        tape.addJump(PlanFormat.OP_IF_EQUAL, made, register(STATUS), number(0));
        hooks.runLate(step.poststop());
        removeState(step);
        life.exit(Fault.OWN_FAILURE);
        tape.mark(made);
        if (gated) {
            life.exit(0);
            return;
        }
        life.receive(TELL_IN, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, PROCESS, WORD);
        Label answered = new Label();
        passAnswer(fault, answered);
        if (!attached) {
            life.exit(0);
            tape.mark(answered);
            life.exit(Fault.OWN_FAILURE);
            return;
        }
        hooks.runLate(step.poststart());
        tape.mark(answered);
        tape.add(PlanFormat.OP_SUPERVISE, ENDED, register(PROCESS));
        tape.addInScratch(PlanFormat.OP_STORE, 0, LifecycleCalls.MESSAGE, register(ENDED));
        hooks.runLate(step.poststop());
        removeState(step);
        tape.addInScratch(PlanFormat.OP_LOAD, ENDED, LifecycleCalls.MESSAGE);
        supervisor.leaveAs(ENDED);
    }

    /** Of the child; STATUS is 0 when it ended well. */
    private void await(Fault fault) {
        Label again = new Label();
        tape.mark(again);
        tape.addInScratch(PlanFormat.OP_STORE, 0, WORD, number(0));
        calls.call(
                SystemCall.WAIT4,
                fault.tolerating(Errno.EINTR, again),
                register(CHILD),
                scratch(WORD),
                number(ProgramLowering.WALL),
                number(0));
        tape.addInScratch(PlanFormat.OP_LOAD, STATUS, WORD);
    }

    /** To standard error, up to its end; goes on at the label when there was any. */
    void passAnswer(Fault fault, Label answered) {
        Label again = new Label();
        Label end = new Label();
        tape.add(PlanFormat.OP_MOVE, STATUS, number(0));
        tape.mark(again);
        calls.call(
                SystemCall.READ,
                fault.tolerating(Errno.EINTR, again),
                register(ANSWER_IN),
                scratch(CallAssembler.TEXT),
                number(PlanFormat.STRING_MAX));
        tape.addJump(PlanFormat.OP_IF_EQUAL, end, register(CallAssembler.RESULT), number(0));
        tape.add(PlanFormat.OP_MOVE, STATUS, number(1));
        calls.call(SystemCall.WRITE, fault, number(2), scratch(CallAssembler.TEXT), register(CallAssembler.RESULT));
        tape.addJump(PlanFormat.OP_JUMP, again);
        tape.mark(end);
        tape.addJump(PlanFormat.OP_IF_EQUAL, answered, register(STATUS), number(1));
    }

    private void maker(MakeContainer step, Fault fault) {
        calls.close(UP_OUT);
        calls.close(DOWN_IN);
        calls.close(ANSWER_OUT);
        life.receive(UP_IN, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, PROCESS, WORD);
        await(fault);
        life.send(DOWN_OUT, register(PROCESS), fault);
        life.receive(UP_IN, fault);
        for (LifecycleStep.Hooks each : step.runtimeHooks()) {
            hooks.run(each, OptionalInt.empty());
        }
        life.send(DOWN_OUT, number(0), fault);
        life.receive(UP_IN, fault);
        step.directory().ifPresent(this::recordProcess);
        if (step.processFile().isPresent()) {
            ByteString path = step.processFile().get();
            Fault writing = Fault.of(LifecycleCalls.words("write the process ID to ", path));
            life.publish(path, () -> writeProcess(writing), FILE, writing);
        }
        life.send(DOWN_OUT, number(0), fault);
        life.send(TELL_OUT, register(PROCESS), fault);
        life.exit(0);
    }

    private void writeProcess(Fault fault) {
        calls.text(register(PROCESS));
        calls.call(
                SystemCall.WRITE, fault, register(FILE), scratch(CallAssembler.TEXT), register(CallAssembler.LENGTH));
    }

    /** As proc(5) has it: with the time of its start nobody takes another process for it. */
    private void recordProcess(ByteString directory) {
        ByteString path = LifecycleCalls.file(directory, StateFiles.PROCESS);
        Fault fault = Fault.of(LifecycleCalls.words("record the container's process in ", path));
        calls.text(tape.string("/proc/"), register(PROCESS), tape.string("/stat"));
        calls.callFor(
                FILE,
                SystemCall.OPENAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                scratch(CallAssembler.TEXT),
                number(CallAssembler.O_CLOEXEC));
        calls.callFor(ENDED, SystemCall.READ, fault, register(FILE), scratch(CallAssembler.TEXT), number(STATUS_SIZE));
        calls.close(FILE);
        life.publish(
                path,
                () -> calls.call(SystemCall.WRITE, fault, register(FILE), scratch(CallAssembler.TEXT), register(ENDED)),
                FILE,
                fault);
    }

    /** Of a container that this made. */
    private void removeState(MakeContainer step) {
        step.directory().ifPresent(directory -> states.remove(directory, step.controlGroup()));
    }

    /** In the stage: its child is the container's process, in the PID namespace that there is to be. */
    void forkContainer() {
        Fault fault = fault();
        Label inStage = new Label();
        Operand none = number(0);
        calls.callFor(CHILD, SystemCall.CLONE, fault, number(SIGCHLD), none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_LESS, inStage, none, register(CHILD));
        tape.outOfLine(() -> {
            tape.mark(inStage);
            life.send(UP_OUT, register(CHILD), fault);
            life.exit(0);
        });
        // Not before the stage has ended and the maker knows the process, whose words share one pipe.
        life.receive(DOWN_IN, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, PROCESS, WORD);
    }

    void awaitRuntimeHooks() {
        Fault fault = fault();
        life.send(UP_OUT, number(0), fault);
        life.receive(DOWN_IN, fault);
    }

    void awaitStart() {
        Fault fault = fault();
        if (attached) {
            // By now its parent is the caller's process: the stage has ended, which the maker has seen.
            life.prctl(fault, PR_SET_PDEATHSIG, number(SIGKILL));
        } else if (gated) {
            life.prctl(fault, LifecycleCalls.PR_SET_NAME, tape.string(StateFiles.WAITING_NAME));
        }
        life.send(UP_OUT, number(0), fault);
        life.receive(DOWN_IN, fault);
        calls.close(UP_OUT);
        calls.close(DOWN_IN);
        calls.callFor(ERRORS, SystemCall.FCNTL, fault, number(2), number(F_DUPFD_CLOEXEC), number(3));
        life.redirect(ANSWER_OUT, 2, fault);
        startable = true;
        if (gated) {
            Label again = new Label();
            tape.mark(again);
            calls.call(SystemCall.READ, fault.tolerating(Errno.EINTR, again), register(GATE), scratch(WORD), number(1));
            calls.close(GATE);
            life.prctl(fault, LifecycleCalls.PR_SET_NAME, tape.string("jrun:start"));
        }
    }

    /** Where hooks of the container's process print to. */
    OptionalInt errors() {
        return startable ? OptionalInt.of(ERRORS) : OptionalInt.empty();
    }

    boolean isAttached() {
        return attached;
    }

    /** The process calls this again behind every change of credentials, which makes the kernel forget it: prctl(2). */
    void dieWithCaller() {
        if (attached) {
            life.prctl(fault(), PR_SET_PDEATHSIG, number(SIGKILL));
        }
    }

    private void setVector(LifecycleStep.RunProgram step) {
        List<ByteString> variables = new ArrayList<>();
        for (Map.Entry<ByteString, ByteString> each : step.environment().entrySet()) {
            variables.add(PlanEncoder.variable(each.getKey(), each.getValue()));
        }
        tape.add(PlanFormat.OP_ENV_SET, calls.strings(variables));
        tape.add(PlanFormat.OP_ARGUMENTS, calls.strings(step.arguments()));
    }

    /** By a child, whose variables are not those of hooks; an attached process tells it by its exit status. */
    void findProgram(LifecycleStep.FindProgram step) {
        if (attached) {
            return;
        }
        Fault fault = fault();
        Label found = new Label();
        programs.begin(fault);
        programs.fork(fault, CHILD, () -> {
            setVector(step.program());
            tape.addFailing(PlanFormat.OP_FIND, CallAssembler.RESULT, programFault(), tape.string(DEFAULT_PATH));
            life.exit(0);
        });
        await(fault);
        tape.addJump(PlanFormat.OP_IF_EQUAL, found, register(STATUS), number(0));
        life.exit(Fault.OWN_FAILURE);
        tape.mark(found);
        programs.end(fault);
    }

    void run(LifecycleStep.RunProgram step) {
        Fault fault = fault();
        Label failed = new Label();
        setVector(step);
        action(fault, scratch(LifecycleCalls.OLD_ACTION), number(0));
        if (attached) {
            mask(fault, SIG_SETMASK, scratch(LifecycleCalls.OLD_MASK), number(0));
        }
        life.redirect(ERRORS, 2, fault);
        tape.addFailing(
                PlanFormat.OP_EXECUTE,
                CallAssembler.RESULT,
                fault.tolerating(PlanFormat.ANY_ERROR, failed),
                tape.string(DEFAULT_PATH));
        tape.mark(failed);
        tape.add(PlanFormat.OP_MOVE, STATUS, register(CallAssembler.RESULT));
        life.redirect(ANSWER_OUT, 2, fault);
        tape.addFailing(PlanFormat.OP_FAIL, CallAssembler.RESULT, programFault(), register(STATUS));
    }

    /** In the words by which engines tell the two cases apart. */
    private static Fault programFault() {
        String missing = "the container has no such executable: no such file or directory";
        return new Fault(
                ByteString.of("run"),
                NOT_EXECUTABLE,
                true,
                List.of(
                        new Fault.Row.Fail(
                                Errno.EINVAL, Fault.OWN_FAILURE, "config.json names no process", "add process.args"),
                        new Fault.Row.Fail(
                                Errno.ENOENT, NOT_FOUND, missing, "check process.args, and PATH in process.env"),
                        new Fault.Row.Fail(
                                Errno.ENOTDIR, NOT_FOUND, missing, "check process.args, and PATH in process.env"),
                        new Fault.Row.Fail(
                                Errno.ENOENT | PlanFormat.NO_INTERPRETER,
                                NOT_EXECUTABLE,
                                "the program is there, but not the interpreter or loader it asks for",
                                "check its \"#!\" line, or whether it is made for another C library or machine"),
                        new Fault.Row.Fail(
                                Errno.EACCES,
                                NOT_EXECUTABLE,
                                "permission denied: it is not executable, or is a directory",
                                "check its mode, and whether it lies on a noexec mount"),
                        new Fault.Row.Fail(
                                Errno.ENOEXEC,
                                NOT_EXECUTABLE,
                                "it is neither a program for this machine nor a script with \"#!\"",
                                "check the architecture of the image, or name the interpreter")));
    }
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Controller;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * The payload's cgroup and the processes around it.
 *
 * <pre>
 * BASE/jrun-PID-SECONDS      the payload, with its limits
 * BASE/jrun                  in a scope only: this process and the guard, as cgroups with limits below hold none
 * </pre>
 *
 * <p>This process makes the cgroup and watches the payload. The guard waits for the end of this process and then does what
 * this one would have done: whichever of them is killed, the other one kills what is in the cgroup and removes it. PID is
 * this process's with a thousand million added, SECONDS those since boot likewise, so the name has one length and tells
 * whom it belonged to.
 *
 * <p>Source: Linux, Documentation/admin-guide/cgroup-v2.rst; cgroups(7).
 */
final class CgroupLowering {

    /** Descriptor through which a process enters the payload's cgroup; lasts until it does. */
    private static final int ENTRANCE = 30;

    /** Open as long as this process lives. */
    private static final int LIFE = 31;

    private static final String GUIDE = "see docs/cgroups.md";

    private static final int GUARD = 3;

    private static final int SELF = 13;
    private static final int LIFE_END = 18;
    private static final int FILE = 19;
    private static final int SECONDS = 20;
    private static final int COUNT = 16;
    private static final int VALUE = 17;

    private static final int NAME = Scratch.CGROUPS;
    private static final int BASE = NAME + PlanFormat.STRING_MAX;
    private static final int OWN = BASE + PlanFormat.STRING_MAX;
    private static final int PATH = OWN + PlanFormat.STRING_MAX;
    private static final int CONTENT = PATH + PlanFormat.STRING_MAX;

    /** The process ID of the parent of the process that the caller started, who shares namespaces by that. */
    static final int PARENT = CONTENT + 1024;

    private static final int CLOCK = Scratch.STRUCTURES + 2048; // struct timespec
    private static final int PIPE = CLOCK + 16;
    private static final int POLL = PIPE + 16; // struct pollfd
    private static final int PAUSE = POLL + 8;
    private static final int WORD = PAUSE + 16;

    private static final int CLOCK_BOOTTIME = 7;
    private static final int O_WRONLY = 1;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int POLLPRI = 2;
    private static final int SIGKILL = 9;
    private static final int WALL = 0x40000000;
    private static final int FIXED_LENGTH = 1_000_000_000;
    private static final int LOW_HALF = Integer.MAX_VALUE;

    /** A hundred times a tenth of a second: longer than a killed process takes that no device holds. */
    private static final int PAUSES = 100;

    private static final int PAUSE_NANOSECONDS = 100_000_000;

    /** memory.events has six short lines. */
    private static final int LONGEST_EVENTS = 512;

    private final CallAssembler calls;
    private final ProgramLowering programs;
    private final TapeAssembler tape;
    private Optional<PlanStep.EnterCgroup> pending = Optional.empty();

    CgroupLowering(CallAssembler calls, ProgramLowering programs) {
        this.calls = calls;
        this.programs = programs;
        this.tape = calls.tape;
    }

    void enter(PlanStep.EnterCgroup step) {
        Fault fault = Fault.of("make a cgroup for the container");
        calls.call(SystemCall.GETPPID, fault);
        tape.addInScratch(PlanFormat.OP_STORE, 0, PARENT, register(CallAssembler.RESULT));
        nameIt(fault);
        if (step.place() instanceof CgroupPlace.Scope scope) {
            enterScope(scope, fault);
        } else {
            CgroupPlace.Directory directory = (CgroupPlace.Directory) step.place();
            tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, BASE, tape.string(directory.path()));
        }
        tape.addInScratch(
                PlanFormat.OP_TEXT, CallAssembler.RESULT, OWN, scratch(BASE), tape.string("/"), scratch(NAME));
        forkGuard(fault);
        make(step);
        open(FILE, scratch(OWN), "/cgroup.procs", O_WRONLY, place());
        tape.add(PlanFormat.OP_MOVE, ENTRANCE, register(FILE));
        Optional<String> memory = memory(step);
        new SupervisorLowering(calls)
                .fork(
                        fault,
                        new Runnable() {
                            @Override
                            public void run() {
                                calls.close(ENTRANCE);
                            }
                        },
                        new Runnable() {
                            @Override
                            public void run() {
                                finish(memory);
                            }
                        });
        calls.close(LIFE);
        if (step.whole()) {
            moveIn();
        } else {
            pending = Optional.of(step);
        }
    }

    /** The present process goes into the cgroup, unless it is there or there is none. */
    void enterPayload() {
        if (pending.isPresent()) {
            moveIn();
        }
    }

    private void moveIn() {
        calls.call(SystemCall.WRITE, place(), register(ENTRANCE), tape.string("0"), number(1));
        calls.close(ENTRANCE);
    }

    private static Fault place() {
        String hint = "start it from a cgroup of yours, such as: systemd-run --user --scope -p Delegate=yes";
        return Fault.of("move the container into its cgroup")
                .because(
                        Errno.EACCES,
                        "the cgroup above both that and your present one is not yours",
                        hint,
                        CheckLine.CGROUP)
                .because(Errno.ENODEV, "the cgroup was removed meanwhile", "start it again")
                .because(Errno.EBUSY, "it hands limits down, so no process may be in it", GUIDE, CheckLine.CGROUP);
    }

    /** In bytes. */
    private static Optional<String> memory(PlanStep.EnterCgroup step) {
        for (Limit limit : step.limits()) {
            if (limit.file().equals("memory.max")) {
                return Optional.of(limit.value());
            }
        }
        return Optional.empty();
    }

    private void nameIt(Fault fault) {
        calls.callFor(SELF, SystemCall.GETPID, fault);
        calls.call(SystemCall.CLOCK_GETTIME, fault, number(CLOCK_BOOTTIME), scratch(CLOCK));
        tape.addInScratch(PlanFormat.OP_LOAD, SECONDS, CLOCK);
        tape.add(PlanFormat.OP_ADD, SECONDS, register(SECONDS), number(FIXED_LENGTH));
        tape.add(PlanFormat.OP_ADD, COUNT, register(SELF), number(FIXED_LENGTH));
        tape.addInScratch(
                PlanFormat.OP_TEXT,
                CallAssembler.RESULT,
                NAME,
                tape.string("jrun-"),
                register(COUNT),
                tape.string("-"),
                register(SECONDS));
    }

    private void enterScope(CgroupPlace.Scope scope, Fault fault) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, PATH, scratch(NAME), tape.string(".scope"));
        new ScopeLowering(calls).enter(scope, /* name= */ PATH, SELF, /* path= */ BASE);
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, OWN, scratch(BASE), tape.string("/jrun"));
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.call(SystemCall.MKDIRAT, fault, here, scratch(OWN), number(0755));
        open(FILE, scratch(OWN), "/cgroup.procs", O_WRONLY, fault);
        calls.call(SystemCall.WRITE, fault, register(FILE), tape.string("0"), number(1));
        calls.close(FILE);
    }

    private void make(PlanStep.EnterCgroup step) {
        Fault fault = Fault.of("make a cgroup for the container")
                .because(Errno.EACCES, "the cgroup it would be in is not yours", GUIDE, CheckLine.CGROUP)
                .because(
                        Errno.EROFS,
                        "the cgroup file system is mounted read-only",
                        "start it outside of containers",
                        CheckLine.CGROUP)
                .because(Errno.ENOENT, "the cgroup it would be in is gone", "start it again")
                .because(
                        Errno.EAGAIN,
                        "cgroup.max.descendants is reached above it",
                        "remove cgroups that are left behind: jrun gc");
        calls.call(SystemCall.MKDIRAT, fault, number(CallAssembler.AT_FDCWD), scratch(OWN), number(0755));
        Set<Controller> controllers = EnumSet.noneOf(Controller.class);
        for (Limit limit : step.limits()) {
            if (controllers.add(limit.controller())) {
                handDown(limit.controller());
            }
        }
        for (Limit limit : step.limits()) {
            write(limit);
        }
    }

    private void handDown(Controller controller) {
        String name = controller.word();
        Fault fault = Fault.of("hand the controller " + name + " down to the container's cgroup")
                .because(
                        Errno.ENOENT,
                        "it is not delegated to you",
                        "ask an administrator to add " + name + " to Delegate=, " + GUIDE,
                        CheckLine.CGROUP)
                .because(
                        Errno.EINVAL,
                        "it is not delegated to you",
                        "ask an administrator to add " + name + " to Delegate=, " + GUIDE,
                        CheckLine.CGROUP)
                .because(
                        Errno.EBUSY,
                        "there are processes in the cgroup above",
                        "move them into a cgroup below it, or name another one with --cgroup")
                .because(
                        Errno.EPERM,
                        "processes of somebody else are in cgroups below that",
                        "ask an administrator to hand it down once, " + GUIDE)
                .because(Errno.EACCES, "the cgroup above is not yours", GUIDE, CheckLine.CGROUP);
        open(FILE, scratch(BASE), "/cgroup.subtree_control", O_WRONLY, fault);
        calls.call(SystemCall.WRITE, fault, register(FILE), tape.string("+" + name), number(name.length() + 1));
        calls.close(FILE);
    }

    private void write(Limit limit) {
        Fault fault = Fault.of("set " + limit.file() + " of the container's cgroup to " + limit.value() + ", as "
                        + limit.origin() + " says")
                .because(Errno.ENOENT, "this kernel has no such limit", "leave it out")
                .because(Errno.EINVAL, "the kernel does not take the value", "correct it")
                .because(Errno.ERANGE, "the value is out of range", "correct it")
                .because(Errno.ENODEV, "there is no such device", "correct it; `lsblk` shows the devices")
                .because(Errno.EBUSY, "more is in use already", "raise it");
        open(FILE, scratch(OWN), "/" + limit.file(), O_WRONLY, fault);
        Operand value = tape.string(limit.value());
        calls.call(
                SystemCall.WRITE,
                fault,
                register(FILE),
                value,
                number(ByteString.of(limit.value()).length()));
        calls.close(FILE);
    }

    private void open(int descriptor, Operand directory, String file, int flags, Fault fault) {
        pathOf(directory, file);
        Operand how = number(flags | CallAssembler.O_CLOEXEC);
        calls.callFor(descriptor, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), scratch(PATH), how);
    }

    /** As {@link #open}, for what may be missing: the descriptor is then negative. */
    private void tryOpen(int descriptor, String file, int flags) {
        pathOf(scratch(OWN), file);
        Operand how = number(flags | CallAssembler.O_CLOEXEC);
        attempt(descriptor, SystemCall.OPENAT, number(CallAssembler.AT_FDCWD), scratch(PATH), how);
    }

    private void pathOf(Operand directory, String file) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, PATH, directory, tape.string(file));
    }

    /** A call whose failure shows in its result alone. */
    private void attempt(int result, SystemCall call, Operand... arguments) {
        Operand[] all = new Operand[arguments.length + 1];
        all[0] = number(call.number(calls.machine));
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        tape.add(PlanFormat.OP_SYS, result, all);
    }

    /** It must outlive this process, so it is no child that ends with it; it ends when this process is gone. */
    private void forkGuard(Fault fault) {
        Label inGuard = new Label();
        Operand none = number(0);
        calls.call(SystemCall.PIPE2, fault, scratch(PIPE), number(CallAssembler.O_CLOEXEC));
        tape.addInScratch(PlanFormat.OP_LOAD, LIFE_END, PIPE);
        tape.add(PlanFormat.OP_AND, LIFE_END, register(LIFE_END), number(LOW_HALF));
        tape.addInScratch(PlanFormat.OP_LOAD, LIFE, PIPE + 4);
        tape.add(PlanFormat.OP_AND, LIFE, register(LIFE), number(LOW_HALF));
        calls.callFor(GUARD, SystemCall.CLONE, fault, none, none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_EQUAL, inGuard, register(GUARD), none);
        calls.close(LIFE_END);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(inGuard);
                guard(fault);
            }
        });
    }

    private void guard(Fault fault) {
        Operand none = number(0);
        calls.close(LIFE);
        calls.call(SystemCall.SETSID, fault);
        programs.ignoreSignals(fault);
        programs.redirectToNull(fault);
        programs.keepOnly(LIFE_END, fault);
        attempt(CallAssembler.RESULT, SystemCall.READ, number(ProgramLowering.KEPT), scratch(WORD), number(1));
        Label left = new Label();
        remove(left);
        tape.mark(left);
        calls.call(SystemCall.EXIT_GROUP, fault, none);
    }

    /** In this process, when the payload has ended. */
    private void finish(Optional<String> memory) {
        Label left = new Label();
        Label end = new Label();
        Operand none = number(0);
        if (memory.isPresent()) {
            tellOfMemory(memory.get());
        }
        remove(left);
        tape.addJump(PlanFormat.OP_JUMP, end);
        tape.mark(left);
        say(
                tape.string("jrun: cannot remove the cgroup "),
                scratch(OWN),
                tape.string(": processes in it do not end (EBUSY)\n  hint: when they have ended: jrun gc\n"));
        tape.mark(end);
        attempt(CallAssembler.RESULT, SystemCall.KILL, register(GUARD), number(SIGKILL));
        attempt(CallAssembler.RESULT, SystemCall.WAIT4, register(GUARD), none, number(WALL), none);
    }

    /**
     * Kills what is in the cgroup and removes it.
     *
     * @param left where to go on when something in it does not end
     */
    private void remove(Label left) {
        Label again = new Label();
        Label wait = new Label();
        Label end = new Label();
        tryOpen(FILE, "/cgroup.kill", O_WRONLY); // since Linux 5.14
        attempt(CallAssembler.RESULT, SystemCall.WRITE, register(FILE), tape.string("1"), number(1));
        calls.close(FILE);
        tryOpen(FILE, "/cgroup.events", 0);
        tape.add(PlanFormat.OP_MOVE, COUNT, number(0));
        tape.mark(again);
        attempt(
                CallAssembler.RESULT,
                SystemCall.UNLINKAT,
                number(CallAssembler.AT_FDCWD),
                scratch(OWN),
                number(AT_REMOVEDIR));
        tape.addJump(PlanFormat.OP_IF_EQUAL, wait, register(CallAssembler.RESULT), number(-Errno.EBUSY));
        tape.addJump(PlanFormat.OP_JUMP, end);
        tape.mark(wait);
        Label told = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, told, register(COUNT), number(PAUSES));
        tape.add(PlanFormat.OP_ADD, COUNT, register(COUNT), number(1));
        pause();
        tape.addJump(PlanFormat.OP_JUMP, again);
        tape.mark(told);
        calls.close(FILE);
        tape.addJump(PlanFormat.OP_JUMP, left);
        tape.mark(end);
        calls.close(FILE);
    }

    /** Until cgroup.events changes, which it does when the last process is gone, or for a while. */
    private void pause() {
        attempt(VALUE, SystemCall.PREAD64, register(FILE), scratch(CONTENT), number(64), number(0));
        tape.add(PlanFormat.OP_SHIFT, VALUE, number(POLLPRI), number(32));
        tape.add(PlanFormat.OP_OR, VALUE, register(VALUE), register(FILE));
        tape.addInScratch(PlanFormat.OP_STORE, 0, POLL, register(VALUE));
        tape.addInScratch(PlanFormat.OP_STORE, 0, PAUSE, number(0));
        tape.addInScratch(PlanFormat.OP_STORE, 0, PAUSE + 8, number(PAUSE_NANOSECONDS));
        Operand none = number(0);
        attempt(VALUE, SystemCall.PPOLL, scratch(POLL), number(1), scratch(PAUSE), none, none);
    }

    /** Finds "oom_kill" in memory.events by reading from each place in turn: there is no other search on a tape. */
    private void tellOfMemory(String limit) {
        Label next = new Label();
        Label found = new Label();
        Label end = new Label();
        tryOpen(FILE, "/memory.events", 0);
        tape.addJump(PlanFormat.OP_IF_LESS, end, register(FILE), number(0));
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, WORD, tape.string("oom_kill"));
        tape.addInScratch(PlanFormat.OP_LOAD, SECONDS, WORD);
        tape.add(PlanFormat.OP_MOVE, COUNT, number(0));
        tape.mark(next);
        attempt(VALUE, SystemCall.PREAD64, register(FILE), scratch(CONTENT), number(32), register(COUNT));
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, CONTENT);
        tape.addJump(PlanFormat.OP_IF_EQUAL, found, register(VALUE), register(SECONDS));
        tape.add(PlanFormat.OP_ADD, COUNT, register(COUNT), number(1));
        tape.addJump(PlanFormat.OP_IF_LESS, next, register(COUNT), number(LONGEST_EVENTS));
        tape.addJump(PlanFormat.OP_JUMP, end);
        tape.mark(found);
        tape.add(PlanFormat.OP_NUMBER, COUNT, scratch(CONTENT + "oom_kill ".length()));
        tape.addJump(PlanFormat.OP_IF_LESS, end, register(COUNT), number(1));
        readNumber("/memory.peak"); // since Linux 5.19
        say(
                tape.string("jrun: cannot keep the container running: it used all the memory it may (OOM)\n  limit:  "
                        + limit + " bytes\n  peak:   "),
                register(VALUE),
                tape.string(" bytes\n  killed: "),
                register(COUNT),
                tape.string(" of its processes\n  hint: give it more with --memory, or let it use less\n"));
        tape.mark(end);
        calls.close(FILE);
    }

    /** VALUE becomes the number in the file; -1 where that holds none. */
    private void readNumber(String file) {
        calls.close(FILE);
        tryOpen(FILE, file, 0);
        tape.addInScratch(PlanFormat.OP_STORE, 0, CONTENT, number(0));
        attempt(VALUE, SystemCall.PREAD64, register(FILE), scratch(CONTENT), number(32), number(0));
        tape.add(PlanFormat.OP_NUMBER, VALUE, scratch(CONTENT));
    }

    /** To standard error, in one write. */
    private void say(Operand... words) {
        calls.text(words);
        attempt(
                CallAssembler.RESULT,
                SystemCall.WRITE,
                number(2),
                scratch(CallAssembler.TEXT),
                register(CallAssembler.LENGTH));
    }
}

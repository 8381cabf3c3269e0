package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;

/**
 * An image file, mounted through FUSE.
 *
 * <p>The kernel wants /dev/fuse opened in the user namespace that mounts. The starter does both and hands the helper the
 * descriptor, so nobody waits for a mount to appear: the kernel holds the first request until the helper answers. The
 * helper stays in the caller's mount namespace. When the last process of the container ends, the mount goes with its
 * namespace, the connection with the mount, and the helper with the connection; no process has to watch another.
 *
 * <p>Source: fuse(4), and libfuse 3.3 on mount points of the form /dev/fd/N.
 */
final class ImageLowering {

    private static final int FUSE = 20;
    private static final int BETWEEN = 14;

    /** Closed when the image is mounted: before, there is nothing to read from /dev/fuse, and the helper would end. */
    private static final int GATE = 17;

    private static final int GATE_END = 18;
    private static final int PIPE = Scratch.STRUCTURES + 1056; // two descriptors of 32 bits, then zeros
    private static final int LOW_HALF = Integer.MAX_VALUE;

    private static final int O_RDWR = 2;
    private static final int F_SETFD = 2;
    private static final int STATX_BASIC_STATS = 0x7ff;

    private static final int STATUS = Scratch.STRUCTURES + 1200;
    private static final int KEPT = Scratch.STRUCTURES + 2048;

    /** Each is a process; more are made one. */
    static final int MAX_IMAGES = 64;

    private static final int FILE = Scratch.PATHS;
    private static final int PROGRAM = Scratch.PATHS + PlanFormat.STRING_MAX;

    private final CallAssembler calls;
    private final ProgramLowering programs;
    private final TapeAssembler tape;

    ImageLowering(CallAssembler calls, ProgramLowering programs) {
        this.calls = calls;
        this.programs = programs;
        this.tape = calls.tape;
    }

    /** In the user namespace, before there is a mount namespace. */
    void startHelper(PlanStep.MountImage step, int number) {
        Fault fault = fault(step);
        Fault device = fault.because(
                        Errno.ENOENT,
                        "this host has no /dev/fuse",
                        "ask an administrator for: modprobe fuse",
                        CheckLine.FUSE)
                .because(
                        Errno.ENODEV,
                        "this kernel has no FUSE",
                        "ask an administrator for: modprobe fuse",
                        CheckLine.FUSE)
                .because(
                        Errno.EACCES,
                        "you may not open /dev/fuse",
                        "ask an administrator for: chmod 666 /dev/fuse; or make a container of it: jrun create",
                        CheckLine.FUSE)
                .because(
                        Errno.EPERM,
                        "you may not open /dev/fuse",
                        "the job's cgroup forbids the device; make a container of it: jrun create",
                        CheckLine.FUSE);
        Operand here = number(CallAssembler.AT_FDCWD);
        Operand flags = number(O_RDWR | CallAssembler.O_CLOEXEC);
        calls.callFor(FUSE, SystemCall.OPENAT, device, here, tape.string("/dev/fuse"), flags);
        calls.call(SystemCall.PIPE2, fault, scratch(PIPE), number(CallAssembler.O_CLOEXEC));
        tape.addInScratch(PlanFormat.OP_LOAD, GATE_END, PIPE);
        tape.add(PlanFormat.OP_AND, GATE_END, register(GATE_END), number(LOW_HALF));
        tape.addInScratch(PlanFormat.OP_LOAD, GATE, PIPE + 4);
        programs.begin(fault);
        programs.fork(fault, BETWEEN, new Runnable() {
            @Override
            public void run() {
                forkHelper(step, fault);
            }
        });
        programs.await(fault, BETWEEN);
        programs.end(fault);
        calls.close(GATE_END);
        tape.addInScratch(PlanFormat.OP_STORE, 0, kept(number), register(FUSE));
        tape.addInScratch(PlanFormat.OP_STORE, 0, kept(number) + 8, register(GATE));
    }

    /** The process between ends at once: the payload must not find a child that it did not make. */
    private void forkHelper(PlanStep.MountImage step, Fault fault) {
        Label helper = new Label();
        Operand none = number(0);
        calls.callFor(BETWEEN, SystemCall.CLONE, fault, none, none, none, none, none);
        tape.addJump(PlanFormat.OP_IF_EQUAL, helper, register(BETWEEN), none);
        calls.call(SystemCall.EXIT_GROUP, fault, none);
        tape.mark(helper);
        // Signals meant for the payload go to its whole terminal or job; the helper must outlive them.
        calls.call(SystemCall.SETSID, fault);
        programs.ignoreSignals(fault);
        calls.close(GATE);
        calls.call(SystemCall.READ, fault, register(GATE_END), scratch(STATUS), number(1));
        calls.call(SystemCall.FCNTL, fault, register(FUSE), number(F_SETFD), none);
        programs.redirectToNull(fault);
        programs.keepOnly(FUSE, fault);
        calls.call(SystemCall.CHDIR, fault, tape.string("/"));
        tape.add(PlanFormat.OP_ENV_UNSET, List.of(tape.string("JRUN_*"))); // it is not in the container
        Operand place = tape.string("/dev/fd/" + ProgramLowering.KEPT);
        Operand foreground = tape.string("-f");
        Operand program = tape.string(step.program());
        Operand file = tape.string(step.image());
        if (isCarried(step)) {
            tape.addInScratch(PlanFormat.OP_ENV_GET, CallAssembler.RESULT, FILE, file);
            tape.addInScratch(PlanFormat.OP_ENV_GET, CallAssembler.RESULT, PROGRAM, program);
            program = scratch(PROGRAM);
            file = scratch(FILE);
        }
        if (step.offset() == 0) {
            programs.execute(List.of(program, foreground, file, place), fault);
        } else {
            Operand offset = tape.string("-ooffset=" + step.offset());
            programs.execute(List.of(program, foreground, offset, file, place), fault);
        }
    }

    /** Whether the file that runs is the image's. */
    private static boolean isCarried(PlanStep.MountImage step) {
        return step.paths() == PlanStep.MountImage.Paths.IN_VARIABLES;
    }

    /** Where the descriptors of an image stay while others are opened. */
    private static int kept(int number) {
        if (number >= MAX_IMAGES) {
            throw new IllegalArgumentException("a start mounts at most " + MAX_IMAGES + " images");
        }
        return KEPT + 16 * number;
    }

    /** In the mount namespace. A helper that waits for its gate holds those of helpers made before it, not later ones. */
    void mount(PlanStep.MountImage step, int number, Operand uid, Operand gid) {
        Fault fault = fault(step);
        tape.addInScratch(PlanFormat.OP_LOAD, FUSE, kept(number));
        tape.addInScratch(PlanFormat.OP_LOAD, GATE, kept(number) + 8);
        calls.text(
                tape.string("fd="),
                register(FUSE),
                tape.string(",rootmode=40000,allow_other,user_id="),
                uid,
                tape.string(",group_id="),
                gid);
        int flags = MountCalls.MS_RDONLY | MountCalls.MS_NOSUID | MountCalls.MS_NODEV;
        calls.call(
                SystemCall.MOUNT,
                fault.because(
                                Errno.ENOENT,
                                "the directory " + step.mountPoint() + " is missing",
                                "start it again, that makes it anew")
                        .because(
                                Errno.EPERM,
                                "this kernel refuses FUSE in a user namespace",
                                "needs Linux 4.18 or newer; or make a container of it: jrun create",
                                CheckLine.FUSE),
                tape.string(step.image()),
                tape.string(step.mountPoint()),
                tape.string("fuse.squashfuse"),
                number(flags),
                scratch(CallAssembler.TEXT));
        calls.close(FUSE);
        calls.close(GATE);
    }

    /** Waits for the helper's first answer. */
    void await(PlanStep.MountImage step) {
        Fault fault = fault(step);
        boolean carried = isCarried(step);
        String cause = "its helper " + (carried ? "squashfuse" : step.program()) + " ended";
        String hint = carried
                ? "it needs libfuse 3.3 or newer and LZ4; extract the image instead: --extract DIR"
                : "it needs libfuse 3.3 or newer; to see what it says: squashfuse_ll -f " + step.image() + " DIR";
        calls.call(
                SystemCall.STATX,
                fault.because(Errno.ENOTCONN, cause, hint).because(Errno.ECONNABORTED, cause, hint),
                number(CallAssembler.AT_FDCWD),
                tape.string(step.mountPoint()),
                number(0),
                number(STATX_BASIC_STATS),
                scratch(STATUS));
    }

    private static Fault fault(PlanStep.MountImage step) {
        return isCarried(step)
                ? Fault.of("mount the image of the bundle")
                : Fault.of(ByteString.of("mount the image ").plus(step.image()));
    }
}

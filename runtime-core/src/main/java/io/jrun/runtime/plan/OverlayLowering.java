package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Overlays: the container's root, and those within it. Source: Documentation/filesystems/overlayfs.rst. */
final class OverlayLowering {

    /** What lies below the memory that is mounted over it. */
    private static final int LOWER = 7;

    private static final int LOCK = 8;

    private static final int O_RDWR_CREAT = 0102;
    private static final int F_DUPFD = 0;
    private static final int LOCK_EX_NB = 6;

    /** Above what programs count on: shells open 3 to 9 by number, and ranks are given low ones to talk through. */
    private static final int LOCK_DESCRIPTOR = 200;

    private final CallAssembler calls;
    private final MountCalls mounts;
    private final TapeAssembler tape;

    OverlayLowering(CallAssembler calls, MountCalls mounts) {
        this.calls = calls;
        this.mounts = mounts;
        this.tape = calls.tape;
    }

    /**
     * Mounts on the root file system's own place.
     *
     * @param source what the mount table says of it: others know the container by that
     */
    void mountRoot(PlanStep.EnterRoot step, ByteString source, Fault fault) {
        Operand rootfs = tape.string(step.rootfs());
        List<Operand> options = new ArrayList<>();
        options.add(tape.string("lowerdir="));
        for (ByteString layer : step.mountPointLayers()) {
            options.add(tape.string(PlanEncoder.escapedForOverlay(layer).plus(ByteString.of(":"))));
        }
        if (step.upper().isPresent() && step.upper().get() instanceof OverlayUpper.Memory memory) {
            openPath(LOWER, step.rootfs(), fault);
            options.add(tape.string("/proc/self/fd/"));
            options.add(register(LOWER));
            memory(rootfs, memory.sizeInBytes(), fault);
            addMemoryUpper(step.rootfs(), options, fault);
        } else {
            options.add(tape.string(PlanEncoder.escapedForOverlay(step.rootfs())));
            addUpper(step.upper(), options);
        }
        int flags = step.upper().isPresent() ? 0 : MountCalls.MS_RDONLY;
        buildOptions(options, CallAssembler.TEXT);
        calls.call(
                SystemCall.MOUNT,
                overlayFault(fault),
                tape.string(source),
                rootfs,
                tape.string("overlay"),
                number(flags),
                scratch(CallAssembler.TEXT));
    }

    void mount(PlanStep.MountOverlay step) {
        Fault fault = Fault.of(ByteString.of("mount an overlay on ").plus(step.target()));
        List<Operand> options = new ArrayList<>();
        options.add(tape.string("lowerdir="));
        String separator = "";
        for (ByteString lower : step.lower()) {
            options.add(tape.string(ByteString.of(separator).plus(PlanEncoder.escapedForOverlay(lower))));
            separator = ":";
        }
        mounts.openTarget(step.target(), fault);
        if (step.upper().isPresent() && step.upper().get() instanceof OverlayUpper.Memory memory) {
            memory(mounts.targetPath(), memory.sizeInBytes(), fault);
            calls.close(MountCalls.TARGET);
            mounts.openTarget(step.target(), fault);
            Operand[] place = {tape.string("/proc/self/fd/"), register(MountCalls.TARGET)};
            makeDirectory(place, "/upper", fault);
            makeDirectory(place, "/work", fault);
            options.add(tape.string(",upperdir=/proc/self/fd/"));
            options.add(register(MountCalls.TARGET));
            options.add(tape.string("/upper,workdir=/proc/self/fd/"));
            options.add(register(MountCalls.TARGET));
            options.add(tape.string("/work,userxattr"));
        } else {
            addUpper(step.upper(), options);
        }
        // The options take the place of the path in scratch memory, so this comes behind them.
        Operand overlay = tape.string("overlay");
        int flags = step.upper().isPresent() ? 0 : MountCalls.MS_RDONLY;
        buildOptions(options, Scratch.OPTIONS);
        calls.call(
                SystemCall.MOUNT,
                overlayFault(fault),
                overlay,
                mounts.targetPath(),
                overlay,
                number(flags),
                scratch(Scratch.OPTIONS));
        calls.close(MountCalls.TARGET);
    }

    private void openPath(int descriptor, ByteString path, Fault fault) {
        int flags = CallAssembler.O_PATH | CallAssembler.O_CLOEXEC;
        calls.callFor(
                descriptor, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), tape.string(path), number(flags));
    }

    private void memory(Operand place, OptionalLong sizeInBytes, Fault fault) {
        String size = sizeInBytes.isPresent() ? ",size=" + sizeInBytes.getAsLong() : "";
        Operand type = tape.string("tmpfs");
        int flags = MountCalls.MS_NOSUID | MountCalls.MS_NODEV;
        calls.call(SystemCall.MOUNT, fault, type, place, type, number(flags), tape.string("mode=755" + size));
    }

    private void addMemoryUpper(ByteString place, List<Operand> options, Fault fault) {
        ByteString upper = place.plus(ByteString.of("/upper"));
        ByteString work = place.plus(ByteString.of("/work"));
        tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, fault, tape.string(upper), number(0755));
        tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, fault, tape.string(work), number(0755));
        addDirectories(upper, work, options);
    }

    private void makeDirectory(Operand[] place, String name, Fault fault) {
        Operand[] path = {place[0], place[1], tape.string(name)};
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, CallAssembler.TEXT, path);
        tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, fault, scratch(CallAssembler.TEXT), number(0755));
    }

    private void addUpper(Optional<OverlayUpper> upper, List<Operand> options) {
        if (upper.isPresent() && upper.get() instanceof OverlayUpper.Directory directory) {
            lock(directory.path());
            addDirectories(
                    directory.path().plus(ByteString.of("/upper")),
                    directory.path().plus(ByteString.of("/work")),
                    options);
        }
    }

    private void addDirectories(ByteString upper, ByteString work, List<Operand> options) {
        options.add(tape.string(ByteString.of(",upperdir=").plus(PlanEncoder.escapedForOverlay(upper))));
        options.add(tape.string(ByteString.of(",workdir=").plus(PlanEncoder.escapedForOverlay(work))));
        // Without it the marks of deleted directories would need rights of the host's root: kernel 5.11 and newer.
        options.add(tape.string(",userxattr"));
    }

    /** The kernel leaves two mounts of one upper layer undefined, so the payload keeps a descriptor with a lock. */
    private void lock(ByteString directory) {
        ByteString place = directory.plus(ByteString.of("/lock"));
        Fault fault = Fault.of(ByteString.of("use the overlay ").plus(directory));
        calls.callFor(
                LOCK,
                SystemCall.OPENAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                tape.string(place),
                number(O_RDWR_CREAT | CallAssembler.O_CLOEXEC),
                number(0600));
        Fault used = fault.because(
                Errno.EAGAIN, "another container writes to it", "wait until that ends, or choose another directory");
        calls.callFor(
                CallAssembler.RESULT,
                SystemCall.FCNTL,
                fault,
                register(LOCK),
                number(F_DUPFD),
                number(LOCK_DESCRIPTOR));
        calls.call(SystemCall.FLOCK, used, register(LOCK), number(LOCK_EX_NB));
        calls.close(LOCK);
    }

    private void buildOptions(List<Operand> options, int place) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, place, options.toArray(new Operand[0]));
    }

    private static Fault overlayFault(Fault fault) {
        return fault.because(
                        Errno.EPERM,
                        "this kernel refuses overlay in a user namespace",
                        "needs Linux 5.11 or newer",
                        CheckLine.OVERLAY)
                .because(
                        Errno.ENODEV,
                        "this kernel has no overlay file system",
                        "ask an administrator for: modprobe overlay",
                        CheckLine.OVERLAY)
                .because(
                        Errno.ELOOP,
                        "one of its directories lies within another one",
                        "name directories that lie beside each other")
                .because(
                        Errno.EINVAL,
                        "a layer lies on a file system that cannot be part of an overlay, or above another layer",
                        "use directories of a local disk (ext4, xfs, btrfs, tmpfs)",
                        CheckLine.OVERLAY);
    }
}

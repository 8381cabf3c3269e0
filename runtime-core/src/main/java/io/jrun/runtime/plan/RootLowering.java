package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.Optional;

/** The new root, from where it is mounted to where the old one is left; and the file systems on it that begin empty. */
final class RootLowering {

    private static final int MS_MOVE = 8192;
    private static final int MNT_DETACH = 2;

    private final CallAssembler calls;
    private final MountCalls mounts;
    private final TapeAssembler tape;
    private final OverlayLowering overlays;
    private boolean rootIsOverlay;
    private boolean left;

    RootLowering(CallAssembler calls, MountCalls mounts, OverlayLowering overlays) {
        this.calls = calls;
        this.mounts = mounts;
        this.overlays = overlays;
        this.tape = calls.tape;
    }

    /** @param image what is mounted on the root file system's place already */
    void enterRoot(PlanStep.EnterRoot step, Optional<PlanStep.MountImage> image) {
        rootIsOverlay = step.upper().isPresent() || !step.mountPointLayers().isEmpty();
        Operand rootfs = tape.string(step.rootfs());
        Fault fault = Fault.of(ByteString.of("make the root filesystem ").plus(step.rootfs()));
        if (rootIsOverlay) {
            overlays.mountRoot(step, source(step, image), fault);
        } else if (image.isEmpty()) {
            // pivot_root(2) wants a mount point.
            calls.call(
                    SystemCall.MOUNT,
                    NamespaceFaults.firstMount(fault),
                    rootfs,
                    rootfs,
                    number(0),
                    number(MountCalls.MS_BIND | MountCalls.MS_REC),
                    number(0));
        }
        calls.callFor(
                MountCalls.ROOT,
                SystemCall.OPENAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                rootfs,
                number(CallAssembler.O_PATH | CallAssembler.O_CLOEXEC));
    }

    /** The image of a bundle lies elsewhere in each start. */
    private static ByteString source(PlanStep.EnterRoot step, Optional<PlanStep.MountImage> image) {
        if (image.isEmpty()) {
            return step.rootfs();
        }
        boolean elsewhere = image.get().paths() == PlanStep.MountImage.Paths.IN_VARIABLES;
        return elsewhere ? ByteString.of("overlay") : image.get().image();
    }

    void mountTmpfs(PlanStep.MountTmpfs step) {
        Fault fault = Fault.of(ByteString.of("mount a tmpfs on ").plus(step.target()));
        StringBuilder options = new StringBuilder("mode=").append(Integer.toOctalString(step.mode()));
        if (step.sizeInBytes().isPresent()) {
            options.append(",size=").append(step.sizeInBytes().getAsLong());
        }
        mounts.openTarget(step.target(), fault);
        Operand type = tape.string("tmpfs");
        int restrictions = MountCalls.flags(step.restrictions());
        Operand flags = number(MountCalls.MS_NOSUID | MountCalls.MS_NODEV | restrictions);
        calls.call(SystemCall.MOUNT, fault, type, mounts.targetPath(), type, flags, tape.string(options.toString()));
        calls.close(MountCalls.TARGET);
    }

    void leaveOldRoot() {
        left = true;
        Label ramfs = new Label();
        Label end = new Label();
        Fault fault = Fault.of("leave the host's root");
        Operand here = tape.string(".");
        calls.call(SystemCall.FCHDIR, fault, register(MountCalls.ROOT));
        calls.call(SystemCall.PIVOT_ROOT, fault.tolerating(Errno.EINVAL, ramfs), here, here);
        // The old root now lies on top of the new one, and "." leads to what is on top: pivot_root(2), NOTES.
        calls.call(SystemCall.UMOUNT2, fault, here, number(MNT_DETACH));
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                // A host that runs from its initial ramfs cannot pivot; its root is covered instead: switch_root(8).
                tape.mark(ramfs);
                calls.call(SystemCall.MOUNT, fault, here, tape.string("/"), number(0), number(MS_MOVE), number(0));
                calls.call(SystemCall.CHROOT, fault, here);
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }

    void makeRootReadOnly() {
        if (rootIsOverlay) {
            return; // without an upper layer it can be nothing else
        }
        Label older = new Label();
        Label end = new Label();
        Fault fault = Fault.of("make the root filesystem read-only");
        boolean pivoted = left;
        mounts.setAttributes(MountCalls.ROOT, 0, MountCalls.MS_RDONLY, fault, older);
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older);
                Operand path = tape.string("/");
                if (!pivoted) {
                    tape.addInScratch(
                            PlanFormat.OP_TEXT,
                            CallAssembler.LENGTH,
                            CallAssembler.TEXT,
                            tape.string("/proc/self/fd/"),
                            register(MountCalls.ROOT));
                    path = scratch(CallAssembler.TEXT);
                }
                mounts.remount(MountCalls.ROOT, path, MountCalls.MS_RDONLY, fault);
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }
}

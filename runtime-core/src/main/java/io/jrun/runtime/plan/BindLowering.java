package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.BindMount;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;

/** Bind mounts: of copies made before the root is entered where the kernel can copy, else by mount(2) alone. */
final class BindLowering {

    /** The copy of a source. */
    private static final int TREE = 7;

    private static final int SLOTS = Scratch.SLOTS;
    private static final int SLOT_SIZE = 8;

    private static final int AT_RECURSIVE = 0x8000;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int MOVE_MOUNT_BOTH_EMPTY = 0x44; // F_EMPTY_PATH | T_EMPTY_PATH

    private final CallAssembler calls;
    private final MountCalls mounts;
    private final TapeAssembler tape;
    private int nextSlot = SLOTS;

    BindLowering(CallAssembler calls, MountCalls mounts) {
        this.calls = calls;
        this.mounts = mounts;
        this.tape = calls.tape;
    }

    /**
     * Copies all sources that are to be copied.
     *
     * @throws IllegalArgumentException when there are more than the scratch memory has places for
     */
    void cloneSources(List<PlanStep> steps) {
        int slot = SLOTS;
        for (PlanStep step : steps) {
            if (step instanceof BindMount bind && isCloned(bind)) {
                if (slot + SLOT_SIZE > Scratch.SLOTS_END) {
                    throw new IllegalArgumentException("there are too many mounts: " + step);
                }
                cloneSource(bind, slot);
                slot += SLOT_SIZE;
            }
        }
    }

    /** The steps come in the order in which their sources were copied. */
    void bindMount(BindMount step) {
        Label end = new Label();
        if (isCloned(step)) {
            attachClone(step, nextSlot, end);
            nextSlot += SLOT_SIZE;
        } else {
            classicBind(step, end);
        }
        if (step.propagation().isPresent()) {
            propagate(step);
        }
        tape.mark(end);
    }

    /** Of what lies at the target; mount(2) does it on every kernel. */
    private void propagate(BindMount step) {
        int depth = step.propagation().get().recursive() ? MountCalls.MS_REC : 0;
        int kind = MountCalls.flag(step.propagation().get().kind());
        Fault fault = bindFault(step);
        mounts.openTarget(step.target(), fault);
        calls.call(SystemCall.MOUNT, fault, number(0), mounts.targetPath(), number(0), number(kind | depth), number(0));
        calls.close(MountCalls.TARGET);
    }

    /**
     * Copies the mounts below a source while none of ours is there yet, restricted as asked; the descriptor of the copy,
     * or the negative errno, goes to a slot. A later recursive bind of a directory that holds the new root would copy our
     * own mounts too.
     */
    private void cloneSource(BindMount step, int slot) {
        Label store = new Label();
        Label older = new Label();
        Fault fault = copyFault(sourceFault(step, bindFault(step), store)).tolerating(Errno.ENOSYS, store);
        if (step.optional()) {
            fault = fault.tolerating(Errno.ENOTDIR, store);
        }
        int depth = step.recursive() ? AT_RECURSIVE : 0;
        int flags = OPEN_TREE_CLONE | CallAssembler.O_CLOEXEC | depth;
        calls.callFor(
                TREE,
                SystemCall.OPEN_TREE,
                fault,
                number(CallAssembler.AT_FDCWD),
                tape.string(step.source()),
                number(flags));
        int attributes = MountCalls.attributes(step.restrictions());
        if (attributes != 0) {
            mounts.setAttributes(TREE, depth, attributes, bindFault(step), older);
            tape.outOfLine(new Runnable() {
                @Override
                public void run() {
                    tape.mark(older);
                    calls.close(TREE);
                    tape.add(PlanFormat.OP_MOVE, TREE, number(-Errno.ENOSYS));
                    tape.addJump(PlanFormat.OP_JUMP, store);
                }
            });
        }
        tape.mark(store);
        tape.addInScratch(PlanFormat.OP_STORE, 0, slot, register(TREE));
    }

    /** A single mount without restrictions needs no copy: mount(2) is the fewest calls. */
    private static boolean isCloned(BindMount step) {
        return step.recursive() || !step.restrictions().isEmpty();
    }

    private void attachClone(BindMount step, int slot, Label end) {
        Label older = new Label();
        Operand empty = tape.string("");
        tape.addInScratch(PlanFormat.OP_LOAD, TREE, slot);
        tape.addJump(PlanFormat.OP_IF_EQUAL, older, register(TREE), number(-Errno.ENOSYS));
        if (step.optional()) {
            tape.addJump(PlanFormat.OP_IF_LESS, end, register(TREE), number(0));
        }
        mounts.openTarget(step.target(), bindFault(step));
        calls.call(
                SystemCall.MOVE_MOUNT,
                kindFault(bindFault(step), Errno.EINVAL),
                register(TREE),
                empty,
                register(MountCalls.TARGET),
                empty,
                number(MOVE_MOUNT_BOTH_EMPTY));
        calls.close(MountCalls.TARGET);
        calls.close(TREE);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older);
                classicBind(step, end);
                int flags = MountCalls.flags(step.restrictions());
                if (flags != 0) {
                    mounts.openTarget(step.target(), bindFault(step));
                    mounts.remount(MountCalls.TARGET, mounts.targetPath(), flags, bindFault(step));
                    calls.close(MountCalls.TARGET);
                }
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }

    private void classicBind(BindMount step, Label end) {
        Fault sourceFault = sourceFault(step, bindFault(step), end);
        Operand source = tape.string(step.source());
        if (step.optional()) {
            calls.call(
                    SystemCall.FACCESSAT,
                    sourceFault.tolerating(Errno.ENOTDIR, end),
                    number(CallAssembler.AT_FDCWD),
                    source,
                    number(0));
        }
        mounts.openTarget(step.target(), bindFault(step));
        int flags = MountCalls.MS_BIND | (step.recursive() ? MountCalls.MS_REC : 0);
        Fault mountFault = kindFault(copyFault(sourceFault), Errno.ENOTDIR);
        calls.call(SystemCall.MOUNT, mountFault, source, mounts.targetPath(), number(0), number(flags), number(0));
        calls.close(MountCalls.TARGET);
    }

    private static Fault bindFault(BindMount step) {
        ByteString what = ByteString.of("bind-mount ").plus(step.source()).plus(ByteString.of(" on "));
        return Fault.of(what.plus(step.target()));
    }

    private static Fault sourceFault(BindMount step, Fault fault, Label whenMissing) {
        return step.optional()
                ? fault.tolerating(Errno.ENOENT, whenMissing)
                : fault.because(
                        Errno.ENOENT,
                        "there is no such file or directory on the host",
                        "check the path before the \":\"");
    }

    private static Fault copyFault(Fault fault) {
        return fault.because(
                Errno.EINVAL,
                "the kernel refuses to part it from mounts below it",
                "mount it with all that is below: rbind");
    }

    /** mount(2) and move_mount(2) differ in the errno for it. */
    private static Fault kindFault(Fault fault, int errno) {
        return fault.because(
                errno,
                "a directory can only be mounted on a directory, and a file on a file",
                "choose a target of the same kind");
    }
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.Set;

/** What all steps that mount do: open a container path, and change what a mount may do. */
final class MountCalls {

    /** The new root, O_PATH, from the step that enters it on. */
    static final int ROOT = 5;

    /** The mount point that was opened last. */
    static final int TARGET = 6;

    private static final int FLAGS = 8;
    private static final int CALLER_DIRECTORY = 10;
    private static final int HOST_ROOT = 12;

    private static final int STATFS = PlanFormat.STRING_MAX;
    private static final int STATFS_FLAGS = STATFS + 80; // struct statfs of statfs(2), f_flags

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int RESOLVE_IN_ROOT = 0x10;
    private static final int RESOLVE_NO_MAGICLINKS = 0x02;

    static final int MS_RDONLY = 1;
    static final int MS_NOSUID = 2;
    static final int MS_NODEV = 4;
    static final int MS_NOEXEC = 8;
    static final int MS_BIND = 4096;
    static final int MS_REC = 16384;
    private static final int MS_REMOUNT = 32;
    private static final int MS_NOSYMFOLLOW = 256;
    private static final int MOUNT_ATTR_NOSYMFOLLOW = 0x00200000;
    // The flags that statfs(2) answers and mount(2) takes in the same place, and the one that has two places.
    private static final int KEPT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048;
    private static final int ST_RELATIME = 4096;
    private static final int ST_RELATIME_TO_MS_RELATIME = 9;

    private final CallAssembler calls;
    private final TapeAssembler tape;

    MountCalls(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    /** Opens a container path into TARGET. */
    void openTarget(ByteString path, Fault fault) {
        openTarget(tape.string(path), fault);
    }

    void openTarget(Operand target, Fault fault) {
        Label again = new Label();
        Label older = new Label();
        Label end = new Label();
        Fault missing = fault.because(
                Errno.ENOENT,
                "the container has no such mount point",
                "choose a target that exists, or start with --rw and make it");
        // struct open_how of openat2(2): flags, mode, resolve.
        byte[] how = LittleEndian.buffer(24)
                .putLong(0, CallAssembler.O_PATH | CallAssembler.O_CLOEXEC)
                .putLong(16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
                .array();
        tape.mark(again);
        calls.callFor(
                TARGET,
                SystemCall.OPENAT2,
                // EAGAIN: another process mounted or renamed something while a ".." was followed.
                missing.tolerating(Errno.EAGAIN, again).tolerating(Errno.ENOSYS, older),
                register(ROOT),
                target,
                tape.structure(how),
                number(how.length));
        tape.mark(end);
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(older);
                openTargetInChroot(target, missing, fault);
                tape.addJump(PlanFormat.OP_JUMP, end);
            }
        });
    }

    /** Before Linux 5.6: what resolves inside the root is a process whose root it is. */
    private void openTargetInChroot(Operand target, Fault missing, Fault fault) {
        Operand here = tape.string(".");
        int flags = CallAssembler.O_PATH | CallAssembler.O_CLOEXEC;
        calls.callFor(CALLER_DIRECTORY, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), here, number(flags));
        calls.callFor(
                HOST_ROOT, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), tape.string("/"), number(flags));
        calls.call(SystemCall.FCHDIR, fault, register(ROOT));
        calls.call(SystemCall.CHROOT, fault, here);
        calls.callFor(TARGET, SystemCall.OPENAT, missing, number(CallAssembler.AT_FDCWD), target, number(flags));
        calls.call(SystemCall.FCHDIR, fault, register(HOST_ROOT));
        calls.call(SystemCall.CHROOT, fault, here);
        calls.call(SystemCall.FCHDIR, fault, register(CALLER_DIRECTORY));
        calls.close(HOST_ROOT);
        calls.close(CALLER_DIRECTORY);
    }

    /** For mount(2), which takes no descriptors. */
    Operand targetPath() {
        tape.addInScratch(
                PlanFormat.OP_TEXT,
                CallAssembler.LENGTH,
                CallAssembler.TEXT,
                tape.string("/proc/self/fd/"),
                register(TARGET));
        return scratch(CallAssembler.TEXT);
    }

    /** What mount_setattr(2) calls the restrictions. */
    static int attributes(Set<PlanStep.Restriction> restrictions) {
        return numbers(restrictions, MOUNT_ATTR_NOSYMFOLLOW);
    }

    /** What mount(2) calls them: the same numbers, but for one. */
    static int flags(Set<PlanStep.Restriction> restrictions) {
        return numbers(restrictions, MS_NOSYMFOLLOW);
    }

    private static int numbers(Set<PlanStep.Restriction> restrictions, int withoutLinks) {
        int numbers = 0;
        for (PlanStep.Restriction restriction : restrictions) {
            numbers |= switch (restriction) {
                case READ_ONLY -> MS_RDONLY;
                case NO_SUID -> MS_NOSUID;
                case NO_DEVICES -> MS_NODEV;
                case NO_EXEC -> MS_NOEXEC;
                case NO_SYMBOLIC_LINKS -> withoutLinks;
            };
        }
        return numbers;
    }

    /** What mount(2) calls it. */
    static int flag(PlanStep.Propagation.Kind kind) {
        return switch (kind) {
            case UNBINDABLE -> 1 << 17;
            case PRIVATE -> 1 << 18;
            case SLAVE -> 1 << 19;
            case SHARED -> 1 << 20;
        };
    }

    void setAttributes(int descriptor, int depth, int attributes, Fault fault, Label older) {
        // struct mount_attr of mount_setattr(2): attributes to set, to clear, propagation, user namespace.
        byte[] change = LittleEndian.buffer(32).putLong(0, attributes).array();
        calls.call(
                SystemCall.MOUNT_SETATTR,
                fault.tolerating(Errno.ENOSYS, older),
                register(descriptor),
                tape.string(""),
                number(AT_EMPTY_PATH | depth),
                tape.structure(change),
                number(change.length));
    }

    /** Only the top mount, as mount(2) does; flags it has are kept, since locked ones may not be cleared. */
    void remount(int descriptor, Operand path, int attributes, Fault fault) {
        remount(descriptor, path, attributes, 0, fault);
    }

    /** As above, and without {@code cleared}. */
    void remount(int descriptor, Operand path, int attributes, int cleared, Fault fault) {
        calls.call(SystemCall.FSTATFS, fault, register(descriptor), scratch(STATFS));
        tape.addInScratch(PlanFormat.OP_LOAD, FLAGS, STATFS_FLAGS);
        tape.add(PlanFormat.OP_AND, CallAssembler.RESULT, register(FLAGS), number(ST_RELATIME));
        tape.add(
                PlanFormat.OP_SHIFT,
                CallAssembler.RESULT,
                register(CallAssembler.RESULT),
                number(ST_RELATIME_TO_MS_RELATIME));
        tape.add(PlanFormat.OP_AND, FLAGS, register(FLAGS), number(KEPT_FLAGS));
        tape.add(PlanFormat.OP_OR, FLAGS, register(FLAGS), register(CallAssembler.RESULT));
        tape.add(PlanFormat.OP_OR, FLAGS, register(FLAGS), number(attributes | MS_REMOUNT | MS_BIND));
        if (cleared != 0) {
            tape.add(PlanFormat.OP_AND, FLAGS, register(FLAGS), number(~cleared));
        }
        calls.call(SystemCall.MOUNT, fault, number(0), path, number(0), register(FLAGS), number(0));
    }
}

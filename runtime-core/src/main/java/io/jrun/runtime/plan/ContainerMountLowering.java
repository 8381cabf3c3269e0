package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.Mount;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;
import java.util.Optional;

/**
 * The mounts of a bundle, in its order. Targets are resolved inside the root to be; missing ones are made by a process
 * whose root that is, so that no link of the image leads outside.
 */
final class ContainerMountLowering {

    private static final int CALLER_DIRECTORY = 10;
    private static final int HOST_ROOT = 12;
    private static final int MS_PRIVATE = 1 << 18;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int AT_EMPTY_PATH = 0x1000;

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final MountCalls mounts;
    private final RootLowering root;
    private final TapeAssembler tape;

    ContainerMountLowering(LifecycleCalls life, MountCalls mounts, RootLowering root) {
        this.life = life;
        this.calls = life.calls;
        this.mounts = mounts;
        this.root = root;
        this.tape = life.tape;
    }

    void prepareRoot(LifecycleStep.PrepareRoot step) {
        Fault fault = Fault.of(LifecycleCalls.words("prepare the root filesystem ", step.rootfs()));
        propagate(tape.string("/"), step.propagation(), fault);
        if (step.parent().isPresent()) {
            // pivot_root(2) refuses where the parent of the new root is shared.
            propagate(tape.string(step.parent().get()), MS_PRIVATE, fault);
        }
        root.enterRoot(new PlanStep.EnterRoot(step.rootfs(), List.of(), "config.json"), Optional.empty());
    }

    void propagateRoot(LifecycleStep.SetRootPropagation step) {
        propagate(tape.string("/"), step.propagation(), Fault.of("set the propagation of the root"));
    }

    private void propagate(Operand path, int propagation, Fault fault) {
        calls.call(SystemCall.MOUNT, fault, number(0), path, number(0), number(propagation), number(0));
    }

    void mount(Mount step) {
        boolean bind = (step.set() & MountCalls.MS_BIND) != 0;
        ByteString object = bind ? step.source() : step.type();
        Fault fault = Fault.of(LifecycleCalls.words(bind ? "bind-mount " : "mount ", object)
                .plus(ByteString.of(" on "))
                .plus(step.target()));
        openOrMake(step.target(), step.file(), fault);
        mountOnTarget(step, bind, fault);
        calls.close(MountCalls.TARGET);
        int perMount = step.set() & ~(MountCalls.MS_BIND | MountCalls.MS_REC);
        if (bind && (perMount | step.cleared()) != 0) {
            restrict(step, perMount, fault);
        }
        if ((step.recursivelySet() | step.recursivelyCleared()) != 0) {
            restrictAll(step, fault);
        }
        for (Integer propagation : step.propagation()) {
            mounts.openTarget(step.target(), fault);
            propagate(mounts.targetPath(), propagation, fault);
            calls.close(MountCalls.TARGET);
        }
    }

    private void mountOnTarget(Mount step, boolean bind, Fault fault) {
        Label end = new Label();
        Label refused = new Label();
        int flags = bind ? step.set() & (MountCalls.MS_BIND | MountCalls.MS_REC) : step.set();
        Fault words = fault.because(
                Errno.ENOENT, "there is no such file or directory on the host", "check its source in config.json");
        Operand data = step.data().isEmpty() ? number(0) : tape.string(step.data());
        calls.call(
                SystemCall.MOUNT,
                step.instead().isPresent() ? words.tolerating(Errno.EPERM, refused) : words,
                tape.string(step.source()),
                mounts.targetPath(),
                tape.string(step.type()),
                number(flags),
                data);
        tape.mark(end);
        if (step.instead().isPresent()) {
            tape.outOfLine(() -> {
                tape.mark(refused); // not its owner: the namespace that it shows is the host's
                calls.call(
                        SystemCall.MOUNT,
                        words,
                        tape.string(step.instead().get()),
                        mounts.targetPath(),
                        number(0),
                        number(MountCalls.MS_BIND | MountCalls.MS_REC),
                        number(0));
                calls.close(MountCalls.TARGET);
                mounts.openTarget(step.target(), fault);
                mounts.remount(MountCalls.TARGET, mounts.targetPath(), flags, fault);
                tape.addJump(PlanFormat.OP_JUMP, end);
            });
        }
    }

    /** Flags that the source has and that are locked are kept. */
    private void restrict(Mount step, int flags, Fault fault) {
        Label locked = new Label();
        Label end = new Label();
        mounts.openTarget(step.target(), fault);
        if (step.cleared() == 0) {
            mounts.remount(MountCalls.TARGET, mounts.targetPath(), flags, fault);
        } else {
            Fault first = fault.tolerating(Errno.EPERM, locked);
            mounts.remount(MountCalls.TARGET, mounts.targetPath(), flags, step.cleared(), first);
            tape.outOfLine(() -> {
                tape.mark(locked);
                mounts.remount(MountCalls.TARGET, mounts.targetPath(), flags, fault);
                tape.addJump(PlanFormat.OP_JUMP, end);
            });
        }
        tape.mark(end);
        calls.close(MountCalls.TARGET);
    }

    private void restrictAll(Mount step, Fault fault) {
        byte[] change = LittleEndian.buffer(32)
                .putLong(0, step.recursivelySet())
                .putLong(8, step.recursivelyCleared())
                .array();
        mounts.openTarget(step.target(), fault);
        calls.call(
                SystemCall.MOUNT_SETATTR,
                fault,
                register(MountCalls.TARGET),
                tape.string(""),
                number(AT_EMPTY_PATH | AT_RECURSIVE),
                tape.structure(change),
                number(change.length));
        calls.close(MountCalls.TARGET);
    }

    /** Opens a container path into TARGET. */
    private void openOrMake(ByteString path, boolean file, Fault fault) {
        Label missing = new Label();
        Label opened = new Label();
        mounts.openTarget(path, fault.tolerating(Errno.ENOENT, missing));
        tape.mark(opened);
        tape.outOfLine(() -> {
            tape.mark(missing);
            Fault making = Fault.of(LifecycleCalls.words("make the mount point ", path));
            inside(making, () -> makePoint(path, file, making));
            mounts.openTarget(path, fault);
            tape.addJump(PlanFormat.OP_JUMP, opened);
        });
    }

    private void makePoint(ByteString path, boolean file, Fault fault) {
        makeDirectories(file ? parent(path) : path, fault);
        if (file) {
            int flags = LifecycleCalls.O_WRONLY | LifecycleCalls.O_CREAT;
            life.open(CallAssembler.RESULT, path, flags, 0644, fault);
            calls.close(CallAssembler.RESULT);
        }
    }

    private void makeDirectories(ByteString path, Fault fault) {
        if (path.length() > 1) {
            tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, fault, tape.string(path), number(0755));
        }
    }

    static ByteString parent(ByteString path) {
        int slash = path.toString().lastIndexOf('/');
        return slash <= 0 ? ByteString.of("/") : ByteString.of(path.toString().substring(0, slash));
    }

    /** What is done with the container's root as the root, and the host's again behind it. */
    private void inside(Fault fault, Runnable body) {
        Operand here = tape.string(".");
        life.open(CALLER_DIRECTORY, ByteString.of("."), CallAssembler.O_PATH, 0, fault);
        life.open(HOST_ROOT, ByteString.of("/"), CallAssembler.O_PATH, 0, fault);
        calls.call(SystemCall.FCHDIR, fault, register(MountCalls.ROOT));
        calls.call(SystemCall.CHROOT, fault, here);
        body.run();
        calls.call(SystemCall.FCHDIR, fault, register(HOST_ROOT));
        calls.call(SystemCall.CHROOT, fault, here);
        calls.call(SystemCall.FCHDIR, fault, register(CALLER_DIRECTORY));
        calls.close(HOST_ROOT);
        calls.close(CALLER_DIRECTORY);
    }

    void makeDevice(LifecycleStep.MakeDevice step) {
        Fault fault = Fault.of(LifecycleCalls.words("make the device ", step.path()));
        Label exists = new Label();
        Operand here = number(CallAssembler.AT_FDCWD);
        Operand path = tape.string(step.path());
        int device = (step.minor() & 0xff) | (step.major() << 8) | ((step.minor() & ~0xff) << 12); // makedev(3)
        inside(fault, () -> {
            makeDirectories(parent(step.path()), fault);
            calls.call(
                    SystemCall.MKNODAT,
                    fault.tolerating(17, exists), // EEXIST: the image, or a mount, has it
                    here,
                    path,
                    number(step.mode()),
                    number(device));
            // Mode and owner as they are asked for, whatever the umask says.
            calls.call(SystemCall.FCHMODAT, fault, here, path, number(step.mode() & 07777));
            calls.call(
                    SystemCall.FCHOWNAT,
                    fault,
                    here,
                    path,
                    number((int) step.uid()),
                    number((int) step.gid()),
                    number(0));
            tape.mark(exists);
        });
    }

    void makeLink(LifecycleStep.MakeLink step) {
        Fault fault = Fault.of(LifecycleCalls.words("make the link ", step.path()));
        Label exists = new Label();
        inside(fault, () -> {
            makeDirectories(parent(step.path()), fault);
            calls.call(
                    SystemCall.SYMLINKAT,
                    fault.tolerating(17, exists).tolerating(Errno.EROFS, exists),
                    tape.string(step.text()),
                    number(CallAssembler.AT_FDCWD),
                    tape.string(step.path()));
            tape.mark(exists);
        });
    }

    /** Source: config-linux.md, "Masked Paths". */
    void mask(LifecycleStep.Mask step) {
        Fault fault = Fault.of(LifecycleCalls.words("mask ", step.path()));
        Label directory = new Label();
        Label masked = new Label();
        Label end = new Label();
        openIfThere(step.path(), fault, end);
        Operand source = tape.string("/dev/null");
        calls.call(
                SystemCall.MOUNT,
                fault.tolerating(Errno.ENOTDIR, directory),
                source,
                mounts.targetPath(),
                number(0),
                number(MountCalls.MS_BIND),
                number(0));
        tape.mark(masked);
        calls.close(MountCalls.TARGET);
        tape.mark(end);
        tape.outOfLine(() -> {
            tape.mark(directory);
            Operand type = tape.string("tmpfs");
            calls.call(
                    SystemCall.MOUNT,
                    fault,
                    type,
                    mounts.targetPath(),
                    type,
                    number(MountCalls.MS_RDONLY),
                    tape.string("size=0k"));
            tape.addJump(PlanFormat.OP_JUMP, masked);
        });
    }

    void protect(LifecycleStep.Protect step) {
        Fault fault = Fault.of(LifecycleCalls.words("make read-only ", step.path()));
        Label end = new Label();
        openIfThere(step.path(), fault, end);
        // A text of its own: two operands cannot share the one that targetPath() builds.
        Operand path = mounts.targetPath();
        int flags = MountCalls.MS_BIND | MountCalls.MS_REC;
        calls.call(SystemCall.MOUNT, fault, path, path, number(0), number(flags), number(0));
        calls.close(MountCalls.TARGET);
        mounts.openTarget(step.path(), fault);
        mounts.remount(MountCalls.TARGET, mounts.targetPath(), MountCalls.MS_RDONLY, fault);
        calls.close(MountCalls.TARGET);
        tape.mark(end);
    }

    private void openIfThere(ByteString path, Fault fault, Label missing) {
        mounts.openTarget(
                path,
                fault.tolerating(Errno.ENOENT, missing)
                        .tolerating(Errno.ENOTDIR, missing)
                        .tolerating(Errno.EACCES, missing));
    }

    /** Behind the step that leaves the old root: a place in the container for a terminal. */
    void bindConsole(Operand source, Fault fault) {
        ByteString console = ByteString.of("/dev/console");
        int flags = LifecycleCalls.O_WRONLY | LifecycleCalls.O_CREAT;
        life.open(CallAssembler.RESULT, console, flags | 0400, 0600, fault); // O_NOCTTY
        calls.close(CallAssembler.RESULT);
        calls.call(
                SystemCall.MOUNT,
                fault,
                source,
                tape.string(console),
                number(0),
                number(MountCalls.MS_BIND),
                number(0));
    }
}

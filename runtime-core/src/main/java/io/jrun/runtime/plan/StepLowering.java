package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Turns one step after the other into instructions.
 *
 * <p>All mounts are made while the caller's root is still the root: host paths then mean what the caller means, relative
 * ones and those through symbolic links included, and the old root is never stacked on the new one while container paths
 * are resolved. Container paths are opened below a descriptor of the new root with RESOLVE_IN_ROOT, so no symbolic link
 * of the image leads a mount outside.
 */
final class StepLowering {

    // Registers; 0 to 2 are set by the starter.
    private static final int RESULT = 4;
    private static final int ROOT = 5;
    private static final int TARGET = 6;
    private static final int TREE = 7;
    private static final int FLAGS = 8;
    private static final int COUNTER = 9;
    private static final int CALLER_DIRECTORY = 10;
    private static final int LENGTH = 11;
    private static final int HOST_ROOT = 12;

    // Scratch memory.
    private static final int TEXT = 0;
    private static final int STATFS = PlanFormat.STRING_MAX;
    private static final int STATFS_FLAGS = STATFS + 80; // struct statfs of statfs(2), f_flags
    private static final int FILTER = STATFS + 256;
    private static final int SLOTS = 2 * PlanFormat.STRING_MAX; // of 64 bits, one for each source copied
    private static final int SLOT_SIZE = 8;

    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = 02000000;
    private static final int O_PATH = 010000000;
    private static final int OPEN_TREE_CLONE = 1;
    private static final int MOVE_MOUNT_BOTH_EMPTY = 0x44; // F_EMPTY_PATH | T_EMPTY_PATH
    private static final int RESOLVE_IN_ROOT = 0x10;
    private static final int RESOLVE_NO_MAGICLINKS = 0x02;

    private static final int MS_RDONLY = 1;
    private static final int MS_NOSUID = 2;
    private static final int MS_NODEV = 4;
    private static final int MS_NOEXEC = 8;
    private static final int MS_REMOUNT = 32;
    private static final int MS_BIND = 4096;
    private static final int MS_MOVE = 8192;
    private static final int MS_REC = 16384;
    private static final int MS_SLAVE = 1 << 19;
    private static final int MNT_DETACH = 2;
    // The flags that statfs(2) answers and mount(2) takes in the same place, and the one that has two places.
    private static final int KEPT_FLAGS = 1 | 2 | 4 | 8 | 1024 | 2048;
    private static final int ST_RELATIME = 4096;
    private static final int ST_RELATIME_TO_MS_RELATIME = 9;

    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;

    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static final Map<PlanStep.Namespace, Integer> CLONE_FLAGS = Map.of(
            PlanStep.Namespace.USER, 0x10000000,
            PlanStep.Namespace.MOUNT, 0x00020000,
            PlanStep.Namespace.IPC, 0x08000000,
            PlanStep.Namespace.UTS, 0x04000000,
            PlanStep.Namespace.NET, 0x40000000,
            PlanStep.Namespace.CGROUP, 0x02000000);

    private static final Map<PlanStep.Restriction, Integer> RESTRICTION_FLAGS = Map.of(
            PlanStep.Restriction.READ_ONLY, MS_RDONLY,
            PlanStep.Restriction.NO_SUID, MS_NOSUID,
            PlanStep.Restriction.NO_DEVICES, MS_NODEV,
            PlanStep.Restriction.NO_EXEC, MS_NOEXEC);

    private final List<PlanStep> steps;
    private final TapeAssembler tape;
    private final Machine machine;
    private int nextSlot;
    private boolean entered;
    private boolean rootIsOverlay;
    private boolean left;
    private boolean executed;

    StepLowering(List<PlanStep> steps, TapeAssembler tape, Machine machine) {
        this.steps = steps;
        this.tape = tape;
        this.machine = machine;
    }

    void lowerAll() {
        steps.forEach(this::lower);
        if (!executed) {
            throw new IllegalArgumentException("a plan must end with a step that executes");
        }
    }

    private void lower(PlanStep step) {
        require(!executed, "nothing can follow the step that executes", step);
        if (step instanceof PlanStep.EnterNamespaces namespaces) {
            enterNamespaces(namespaces);
        } else if (step instanceof PlanStep.EnterRoot root) {
            enterRoot(root);
        } else if (step instanceof PlanStep.BindMount bind) {
            bindMount(bind);
        } else if (step instanceof PlanStep.MountTmpfs tmpfs) {
            mountTmpfs(tmpfs);
        } else if (step instanceof PlanStep.LeaveOldRoot) {
            leaveOldRoot(step);
        } else if (step instanceof PlanStep.MakeRootReadOnly) {
            makeRootReadOnly(step);
        } else if (step instanceof PlanStep.PassVariables pass) {
            tape.add(
                    PlanFormat.OP_ENV_PASS,
                    pass.globs().stream().map(tape::string).toList());
        } else if (step instanceof PlanStep.SetVariable set) {
            tape.add(PlanFormat.OP_ENV_SET, 0, tape.string(PlanEncoder.variable(set.name(), set.value())));
        } else if (step instanceof PlanStep.CopyVariable copy) {
            tape.add(PlanFormat.OP_ENV_COPY, 0, tape.string(copy.name()));
        } else if (step instanceof PlanStep.ChangeDirectory change) {
            changeDirectory(change);
        } else if (step instanceof PlanStep.FakeOwnership) {
            fakeOwnership();
        } else if (step instanceof PlanStep.DropCapabilities) {
            dropCapabilities();
        } else if (step instanceof PlanStep.ForbidNewPrivileges) {
            Fault fault = Fault.of("forbid new privileges");
            call(SystemCall.PRCTL, fault, number(PR_SET_NO_NEW_PRIVS), number(1), number(0), number(0), number(0));
        } else if (step instanceof PlanStep.Execute execute) {
            execute(execute);
        } else {
            throw new IllegalArgumentException("no instructions are known for " + step);
        }
    }

    private void enterNamespaces(PlanStep.EnterNamespaces step) {
        Set<PlanStep.Namespace> namespaces = step.namespaces();
        require(CLONE_FLAGS.keySet().containsAll(namespaces), "a PID namespace takes a fork, which is not done", step);
        int flags = namespaces.stream().mapToInt(CLONE_FLAGS::get).reduce(0, (a, b) -> a | b);
        boolean user = namespaces.contains(PlanStep.Namespace.USER);
        if (flags != 0) {
            call(SystemCall.UNSHARE, NamespaceFaults.unshare(user), number(flags));
        }
        if (user) {
            // Without "deny" an unprivileged process may not write gid_map: user_namespaces(7).
            tape.addInScratch(PlanFormat.OP_TEXT, LENGTH, TEXT, tape.string("deny"));
            writeFile("/proc/self/setgroups", NamespaceFaults.map("deny setgroups(2) in the user namespace"));
            writeMap("/proc/self/uid_map", PlanFormat.REGISTER_UID, step.identity(), "map your user id");
            writeMap("/proc/self/gid_map", PlanFormat.REGISTER_GID, step.identity(), "map your group id");
        } else if (namespaces.contains(PlanStep.Namespace.MOUNT)) {
            // A mount namespace made with a user namespace has only slaves already: mount_namespaces(7), restrictions.
            Fault fault = Fault.of("make all mounts slaves of the host's");
            call(SystemCall.MOUNT, fault, number(0), tape.string("/"), number(0), number(MS_REC | MS_SLAVE), number(0));
        }
    }

    private void writeMap(String file, int idRegister, PlanStep.Identity identity, String what) {
        Operand inside = identity == PlanStep.Identity.ROOT ? number(0) : register(idRegister);
        Operand space = tape.string(" ");
        Operand[] line = {inside, space, register(idRegister), space, number(1)};
        tape.addInScratch(PlanFormat.OP_TEXT, LENGTH, TEXT, line);
        writeFile(file, NamespaceFaults.map(what));
    }

    /** The text in scratch memory; the descriptor is left to execve(2) to close. */
    private void writeFile(String file, Fault fault) {
        callFor(RESULT, SystemCall.OPENAT, fault, number(AT_FDCWD), tape.string(file), number(O_WRONLY | O_CLOEXEC));
        call(SystemCall.WRITE, fault, register(RESULT), scratch(TEXT), register(LENGTH));
    }

    private void enterRoot(PlanStep.EnterRoot step) {
        require(!entered, "the root was entered before", step);
        entered = true;
        int slot = SLOTS;
        for (PlanStep other : steps) {
            if (other instanceof PlanStep.BindMount bind && isCloned(bind)) {
                require(slot + SLOT_SIZE <= PlanFormat.SCRATCH, "there are too many mounts", step);
                cloneSource(bind, slot);
                slot += SLOT_SIZE;
            }
        }
        rootIsOverlay = !step.mountPointLayers().isEmpty();
        Operand rootfs = tape.string(step.rootfs());
        Fault fault = Fault.of(ByteString.of("make the root filesystem ").plus(step.rootfs()));
        if (rootIsOverlay) {
            ByteString options = ByteString.of("lowerdir=");
            for (ByteString layer : step.mountPointLayers()) {
                options = options.plus(PlanEncoder.escapedForOverlay(layer)).plus(ByteString.of(":"));
            }
            options = options.plus(PlanEncoder.escapedForOverlay(step.rootfs()));
            require(options.length() < PlanFormat.STRING_MAX, "overlay takes a page of options, not more", step);
            Operand overlay = tape.string("overlay");
            call(
                    SystemCall.MOUNT,
                    fault.because(
                                    Errno.EPERM,
                                    "this kernel refuses overlay in a user namespace",
                                    "needs Linux 5.11 or newer")
                            .because(
                                    Errno.ENODEV,
                                    "this kernel has no overlay file system",
                                    "ask an administrator for: modprobe overlay"),
                    overlay,
                    rootfs,
                    overlay,
                    number(MS_RDONLY),
                    tape.string(options));
        } else {
            // pivot_root(2) wants a mount point.
            call(SystemCall.MOUNT, fault, rootfs, rootfs, number(0), number(MS_BIND | MS_REC), number(0));
        }
        callFor(ROOT, SystemCall.OPENAT, fault, number(AT_FDCWD), rootfs, number(O_PATH | O_CLOEXEC));
    }

    /**
     * Copies the mounts below a source while none of ours is there yet, restricted as asked; the descriptor of the copy,
     * or the negative errno, goes to a slot. A later recursive bind of a directory that holds the new root would copy our
     * own mounts too.
     */
    private void cloneSource(PlanStep.BindMount step, int slot) {
        Label store = new Label();
        Label older = new Label();
        Fault fault = copyFault(sourceFault(step, bindFault(step), store)).tolerating(Errno.ENOSYS, store);
        if (step.optional()) {
            fault = fault.tolerating(Errno.ENOTDIR, store);
        }
        int depth = step.recursive() ? AT_RECURSIVE : 0;
        int flags = OPEN_TREE_CLONE | O_CLOEXEC | depth;
        callFor(TREE, SystemCall.OPEN_TREE, fault, number(AT_FDCWD), tape.string(step.source()), number(flags));
        int attributes = attributes(step);
        if (attributes != 0) {
            setAttributes(TREE, depth, attributes, bindFault(step), older);
            tape.outOfLine(() -> {
                tape.mark(older);
                close(TREE);
                tape.add(PlanFormat.OP_MOVE, TREE, number(-Errno.ENOSYS));
                tape.addJump(PlanFormat.OP_JUMP, store);
            });
        }
        tape.mark(store);
        tape.addInScratch(PlanFormat.OP_STORE, 0, slot, register(TREE));
    }

    private void bindMount(PlanStep.BindMount step) {
        requireInside(step);
        Label end = new Label();
        if (isCloned(step)) {
            attachClone(step, SLOTS + SLOT_SIZE * nextSlot++, end);
        } else {
            classicBind(step, end);
        }
        tape.mark(end);
    }

    /** A single mount without restrictions needs no copy: mount(2) is the fewest calls. */
    private static boolean isCloned(PlanStep.BindMount step) {
        return step.recursive() || !step.restrictions().isEmpty();
    }

    private void attachClone(PlanStep.BindMount step, int slot, Label end) {
        Label older = new Label();
        Operand empty = tape.string("");
        tape.addInScratch(PlanFormat.OP_LOAD, TREE, slot);
        tape.addJump(PlanFormat.OP_IF_EQUAL, older, register(TREE), number(-Errno.ENOSYS));
        if (step.optional()) {
            tape.addJump(PlanFormat.OP_IF_LESS, end, register(TREE), number(0));
        }
        openTarget(step.target(), bindFault(step));
        call(
                SystemCall.MOVE_MOUNT,
                kindFault(bindFault(step), Errno.EINVAL),
                register(TREE),
                empty,
                register(TARGET),
                empty,
                number(MOVE_MOUNT_BOTH_EMPTY));
        close(TARGET);
        close(TREE);
        tape.outOfLine(() -> {
            tape.mark(older);
            classicBind(step, end);
            if (attributes(step) != 0) {
                openTarget(step.target(), bindFault(step));
                remount(TARGET, targetPath(), attributes(step), bindFault(step));
                close(TARGET);
            }
            tape.addJump(PlanFormat.OP_JUMP, end);
        });
    }

    private void classicBind(PlanStep.BindMount step, Label end) {
        Fault sourceFault = sourceFault(step, bindFault(step), end);
        Operand source = tape.string(step.source());
        if (step.optional()) {
            call(SystemCall.FACCESSAT, sourceFault.tolerating(Errno.ENOTDIR, end), number(AT_FDCWD), source, number(0));
        }
        openTarget(step.target(), bindFault(step));
        int flags = MS_BIND | (step.recursive() ? MS_REC : 0);
        Fault mountFault = kindFault(copyFault(sourceFault), Errno.ENOTDIR);
        call(SystemCall.MOUNT, mountFault, source, targetPath(), number(0), number(flags), number(0));
        close(TARGET);
    }

    private static int attributes(PlanStep.BindMount step) {
        return step.restrictions().stream().mapToInt(RESTRICTION_FLAGS::get).reduce(0, (a, b) -> a | b);
    }

    private static Fault bindFault(PlanStep.BindMount step) {
        ByteString what = ByteString.of("bind-mount ").plus(step.source()).plus(ByteString.of(" on "));
        return Fault.of(what.plus(step.target()));
    }

    private static Fault sourceFault(PlanStep.BindMount step, Fault fault, Label whenMissing) {
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

    private void setAttributes(int descriptor, int depth, int attributes, Fault fault, Label older) {
        // struct mount_attr of mount_setattr(2): attributes to set, to clear, propagation, user namespace.
        byte[] change = LittleEndian.bytes(32, to -> to.putLong(0, attributes));
        call(
                SystemCall.MOUNT_SETATTR,
                fault.tolerating(Errno.ENOSYS, older),
                register(descriptor),
                tape.string(""),
                number(AT_EMPTY_PATH | depth),
                tape.structure(change),
                number(change.length));
    }

    /** Only the top mount, as mount(2) does; flags it has are kept, since locked ones may not be cleared. */
    private void remount(int descriptor, Operand path, int attributes, Fault fault) {
        call(SystemCall.FSTATFS, fault, register(descriptor), scratch(STATFS));
        tape.addInScratch(PlanFormat.OP_LOAD, FLAGS, STATFS_FLAGS);
        tape.add(PlanFormat.OP_AND, RESULT, register(FLAGS), number(ST_RELATIME));
        tape.add(PlanFormat.OP_SHIFT, RESULT, register(RESULT), number(ST_RELATIME_TO_MS_RELATIME));
        tape.add(PlanFormat.OP_AND, FLAGS, register(FLAGS), number(KEPT_FLAGS));
        tape.add(PlanFormat.OP_OR, FLAGS, register(FLAGS), register(RESULT));
        tape.add(PlanFormat.OP_OR, FLAGS, register(FLAGS), number(attributes | MS_REMOUNT | MS_BIND));
        call(SystemCall.MOUNT, fault, number(0), path, number(0), register(FLAGS), number(0));
    }

    /** Opens a container path into TARGET. */
    private void openTarget(ByteString path, Fault fault) {
        Label again = new Label();
        Label older = new Label();
        Label end = new Label();
        Operand target = tape.string(path);
        Fault missing = fault.because(
                Errno.ENOENT,
                "the container has no such mount point",
                "choose a target that exists, or start with --rw and make it");
        // struct open_how of openat2(2): flags, mode, resolve.
        byte[] how = LittleEndian.bytes(
                24, to -> to.putLong(0, O_PATH | O_CLOEXEC).putLong(16, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS));
        tape.mark(again);
        callFor(
                TARGET,
                SystemCall.OPENAT2,
                // EAGAIN: another process mounted or renamed something while a ".." was followed.
                missing.tolerating(Errno.EAGAIN, again).tolerating(Errno.ENOSYS, older),
                register(ROOT),
                target,
                tape.structure(how),
                number(how.length));
        tape.mark(end);
        tape.outOfLine(() -> {
            tape.mark(older);
            openTargetInChroot(target, missing, fault);
            tape.addJump(PlanFormat.OP_JUMP, end);
        });
    }

    /** Before Linux 5.6: what resolves inside the root is a process whose root it is. */
    private void openTargetInChroot(Operand target, Fault missing, Fault fault) {
        Operand here = tape.string(".");
        int flags = O_PATH | O_CLOEXEC;
        callFor(CALLER_DIRECTORY, SystemCall.OPENAT, fault, number(AT_FDCWD), here, number(flags));
        callFor(HOST_ROOT, SystemCall.OPENAT, fault, number(AT_FDCWD), tape.string("/"), number(flags));
        call(SystemCall.FCHDIR, fault, register(ROOT));
        call(SystemCall.CHROOT, fault, here);
        callFor(TARGET, SystemCall.OPENAT, missing, number(AT_FDCWD), target, number(flags));
        call(SystemCall.FCHDIR, fault, register(HOST_ROOT));
        call(SystemCall.CHROOT, fault, here);
        call(SystemCall.FCHDIR, fault, register(CALLER_DIRECTORY));
        close(HOST_ROOT);
        close(CALLER_DIRECTORY);
    }

    /** For mount(2), which takes no descriptors. */
    private Operand targetPath() {
        tape.addInScratch(PlanFormat.OP_TEXT, LENGTH, TEXT, tape.string("/proc/self/fd/"), register(TARGET));
        return scratch(TEXT);
    }

    private void mountTmpfs(PlanStep.MountTmpfs step) {
        requireInside(step);
        Fault fault = Fault.of(ByteString.of("mount a tmpfs on ").plus(step.target()));
        StringBuilder options = new StringBuilder("mode=").append(Integer.toOctalString(step.mode()));
        step.sizeInBytes().ifPresent(size -> options.append(",size=").append(size));
        openTarget(step.target(), fault);
        Operand type = tape.string("tmpfs");
        Operand flags = number(MS_NOSUID | MS_NODEV);
        call(SystemCall.MOUNT, fault, type, targetPath(), type, flags, tape.string(options.toString()));
        close(TARGET);
    }

    private void leaveOldRoot(PlanStep step) {
        requireInside(step);
        left = true;
        Label ramfs = new Label();
        Label end = new Label();
        Fault fault = Fault.of("leave the host's root");
        Operand here = tape.string(".");
        call(SystemCall.FCHDIR, fault, register(ROOT));
        call(SystemCall.PIVOT_ROOT, fault.tolerating(Errno.EINVAL, ramfs), here, here);
        // The old root now lies on top of the new one, and "." leads to what is on top: pivot_root(2), NOTES.
        call(SystemCall.UMOUNT2, fault, here, number(MNT_DETACH));
        tape.mark(end);
        tape.outOfLine(() -> {
            // A host that runs from its initial ramfs cannot pivot; its root is covered instead: switch_root(8).
            tape.mark(ramfs);
            call(SystemCall.MOUNT, fault, here, tape.string("/"), number(0), number(MS_MOVE), number(0));
            call(SystemCall.CHROOT, fault, here);
            tape.addJump(PlanFormat.OP_JUMP, end);
        });
    }

    private void makeRootReadOnly(PlanStep step) {
        require(entered, "there is no root yet", step);
        if (rootIsOverlay) {
            return; // an overlay without an upper layer can be nothing else
        }
        Label older = new Label();
        Label end = new Label();
        Fault fault = Fault.of("make the root filesystem read-only");
        boolean pivoted = left;
        setAttributes(ROOT, 0, MS_RDONLY, fault, older);
        tape.mark(end);
        tape.outOfLine(() -> {
            tape.mark(older);
            Operand path = tape.string("/");
            if (!pivoted) {
                tape.addInScratch(PlanFormat.OP_TEXT, LENGTH, TEXT, tape.string("/proc/self/fd/"), register(ROOT));
                path = scratch(TEXT);
            }
            remount(ROOT, path, MS_RDONLY, fault);
            tape.addJump(PlanFormat.OP_JUMP, end);
        });
    }

    private void changeDirectory(PlanStep.ChangeDirectory step) {
        require(left || !entered, "the directory is the host's until the old root is left", step);
        Operand directory = tape.string(step.directory());
        Fault fault = Fault.of(ByteString.of("change to the directory ").plus(step.directory()));
        Label change = new Label();
        if (step.create()) {
            Fault readOnly = fault.tolerating(Errno.EROFS, change)
                    .tolerating(Errno.EACCES, change)
                    .tolerating(Errno.EPERM, change);
            tape.addFailing(PlanFormat.OP_MKDIRS, RESULT, readOnly, directory, number(0777));
        }
        tape.mark(change);
        Fault missing = fault.because(
                Errno.ENOENT, "the container has no such directory", "choose one that exists with -w DIR");
        call(SystemCall.CHDIR, missing, directory);
    }

    private void fakeOwnership() {
        byte[] filter = OwnershipFilter.program(machine);
        Label older = new Label();
        Label end = new Label();
        Fault fault = Fault.of("install the filter that fakes ownership");
        // struct sock_fprog of seccomp(2): number of instructions, address of the first.
        tape.addInScratch(PlanFormat.OP_STORE, 0, FILTER, number(filter.length / 8));
        tape.addInScratch(PlanFormat.OP_STORE, 0, FILTER + 8, tape.structure(filter));
        call(
                SystemCall.SECCOMP,
                fault.tolerating(Errno.EINVAL, older),
                number(SECCOMP_SET_MODE_FILTER),
                number(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
                scratch(FILTER));
        tape.mark(end);
        tape.outOfLine(() -> {
            tape.mark(older); // before Linux 4.17, which does not know the flag
            call(SystemCall.SECCOMP, fault, number(SECCOMP_SET_MODE_FILTER), number(0), scratch(FILTER));
            tape.addJump(PlanFormat.OP_JUMP, end);
        });
    }

    private void dropCapabilities() {
        Label next = new Label();
        Label none = new Label();
        Fault fault = Fault.of("drop capabilities");
        tape.add(PlanFormat.OP_MOVE, COUNTER, number(0));
        tape.mark(next);
        // EINVAL: behind the last capability that this kernel knows.
        Fault last = fault.tolerating(Errno.EINVAL, none);
        call(SystemCall.PRCTL, last, number(PR_CAPBSET_DROP), register(COUNTER), number(0), number(0), number(0));
        tape.add(PlanFormat.OP_ADD, COUNTER, register(COUNTER), number(1));
        tape.addJump(PlanFormat.OP_JUMP, next);
        tape.mark(none);
        // struct __user_cap_header_struct, and two empty struct __user_cap_data_struct. Emptying the permitted set
        // empties the ambient one too: capabilities(7).
        byte[] header = LittleEndian.bytes(8, to -> to.putInt(0, CAPABILITY_VERSION_3));
        call(SystemCall.CAPSET, fault, tape.structure(header), tape.structure(new byte[24]));
    }

    private void execute(PlanStep.Execute step) {
        executed = true;
        Label chosen = new Label();
        Label given = new Label();
        tape.add(PlanFormat.OP_ARGUMENTS, strings(step.entrypoint()));
        Label defaults = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, defaults, register(PlanFormat.REGISTER_REST), number(0));
        tape.mark(given);
        tape.add(PlanFormat.OP_REST, 0);
        tape.addJump(PlanFormat.OP_JUMP, chosen);
        tape.mark(defaults);
        tape.add(PlanFormat.OP_ARGUMENTS, strings(step.defaultArguments()));
        tape.mark(chosen);
        tape.addFailing(PlanFormat.OP_EXECUTE, RESULT, executeFault(), tape.string(DEFAULT_PATH));
    }

    private static Fault executeFault() {
        return new Fault(
                ByteString.of("run"),
                NOT_EXECUTABLE,
                true,
                List.of(
                        new Fault.Row.Fail(
                                Errno.ENOENT,
                                NOT_FOUND,
                                "the container has no such program",
                                "check the name, and PATH inside the container"),
                        new Fault.Row.Fail(
                                Errno.ENOTDIR,
                                NOT_FOUND,
                                "a part of the path is not a directory",
                                "check the path inside the container"),
                        new Fault.Row.Fail(
                                Errno.ENOENT | PlanFormat.NO_INTERPRETER,
                                NOT_EXECUTABLE,
                                "the program is there, but not the interpreter or loader it asks for",
                                "check its \"#!\" line, or whether it is made for another C library or machine"),
                        new Fault.Row.Fail(
                                Errno.EACCES,
                                NOT_EXECUTABLE,
                                "it is not executable, or is a directory",
                                "check its mode, and whether it lies on a noexec mount"),
                        new Fault.Row.Fail(
                                Errno.ENOEXEC,
                                NOT_EXECUTABLE,
                                "it is neither a program for this machine nor a script with \"#!\"",
                                "check the architecture of the image, or name the interpreter"),
                        new Fault.Row.Fail(
                                Errno.EINVAL,
                                Fault.OWN_FAILURE,
                                "neither the image nor the command line names a program",
                                "add a command behind the container's name"),
                        new Fault.Row.Fail(
                                Errno.ETXTBSY,
                                NOT_EXECUTABLE,
                                "it is being written",
                                "wait until the writer is done")));
    }

    private List<Operand> strings(List<ByteString> texts) {
        List<Operand> operands = new ArrayList<>();
        texts.forEach(text -> operands.add(tape.string(text)));
        return operands;
    }

    private void call(SystemCall call, Fault fault, Operand... arguments) {
        callFor(RESULT, call, fault, arguments);
    }

    private void callFor(int result, SystemCall call, Fault fault, Operand... arguments) {
        tape.addFailing(PlanFormat.OP_SYS, result, fault, withNumber(call, arguments));
    }

    /** close(2) of an O_PATH descriptor has nothing to report. */
    private void close(int descriptor) {
        tape.add(PlanFormat.OP_SYS, RESULT, withNumber(SystemCall.CLOSE, register(descriptor)));
    }

    private Operand[] withNumber(SystemCall call, Operand... arguments) {
        Operand[] operands = new Operand[arguments.length + 1];
        operands[0] = number(call.number(machine));
        System.arraycopy(arguments, 0, operands, 1, arguments.length);
        return operands;
    }

    private void requireInside(PlanStep step) {
        require(entered && !left, "mounts are made between entering the root and leaving the old one", step);
    }

    private static void require(boolean condition, String reason, PlanStep step) {
        if (!condition) {
            throw new IllegalArgumentException(reason + ": " + step);
        }
    }
}

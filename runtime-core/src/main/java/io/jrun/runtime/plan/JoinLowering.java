package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Entering namespaces that another process made.
 *
 * <p>Processes that share find each other through a file: the inode number of the mount namespace, then the process ID
 * of each that is in it, 64 bits each. Whoever comes takes a lock on the file, enters the namespaces of the first one
 * that is alive and still in that mount namespace, and adds itself. Whoever finds none makes new ones while it holds the
 * lock alone, and the others wait for the lock. So the kernel keeps the namespaces as long as anybody is in them, nobody
 * holds them for the others, nobody polls, and the death of any process at any moment costs at most a new set. The file
 * is removed by the last one that comes, where their number is known, else by {@link JoinGuard}.
 *
 * <p>The file's name holds the boot's identity, so that nothing in it is older than the running kernel.
 */
final class JoinLowering {

    static final int DIRECTORY = 21;
    static final int FILE = 22;
    private static final int INODE = 23;
    private static final int PLACE = 24;

    /** Whether the lock is held alone. */
    private static final int ALONE = 25;

    private static final int PEER = 16;
    private static final int MOUNTS = 17;
    private static final int VALUE = 18;
    private static final int FOUND = 19;

    /** The user namespace that the mount namespace belongs to. */
    private static final int OWNER = 18;

    private static final int NS_GET_USERNS = 0xb701;

    /** Where the descriptor of each namespace stays until all are open; the mount namespace's is MOUNTS. */
    private static final Map<Namespace, Integer> DESCRIPTORS = Map.of(
            Namespace.USER,
            13,
            Namespace.IPC,
            14,
            Namespace.UTS,
            15,
            Namespace.NET,
            28,
            Namespace.CGROUP,
            20,
            Namespace.PID,
            29,
            Namespace.MOUNT,
            MOUNTS);

    private static final int STATUS = Scratch.STRUCTURES + 1600; // struct statx of statx(2)
    private static final int STATUS_LINKS = STATUS + 16;
    private static final int STATUS_OWNER = STATUS + 20;
    private static final int STATUS_MODE = STATUS + 28;
    static final int STATUS_INODE = STATUS + 32;
    private static final int STATUS_SIZE = STATUS + 40;
    static final int ENTRY = STATUS + 256;

    static final int RUNTIME = Scratch.PATHS;
    static final int NAME = RUNTIME + PlanFormat.STRING_MAX;
    private static final int BOOT = NAME + PlanFormat.STRING_MAX;
    private static final int KEY = BOOT + PlanFormat.STRING_MAX;
    private static final int STEP = KEY + PlanFormat.STRING_MAX;
    private static final int RESTART = STEP + PlanFormat.STRING_MAX;

    /** Where the file ended that an earlier leader, who is gone, left; in the place of a text that has done its work. */
    private static final int USED = KEY;

    /**
     * What launchers other than Slurm's set to the same in all processes of one launch, and differently in each: Flux,
     * PALS, PMIx (Open MPI 5, PRRTE, jsrun), Open MPI 3 and 4, and where nothing else is there the job of LSF. Sources:
     * flux-environment(7), mpiexec(1) of PALS, PMIx 4.1 "PMIx_Init", ess_base of ORTE, "LSF environment variables".
     */
    private static final List<String> LAUNCHERS =
            List.of("FLUX_JOB_ID", "PALS_APID", "PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID", "LSB_JOBID");

    /** Of making a directory where the caller may not. */
    private static final List<Integer> UNUSABLE =
            List.of(Errno.ENOENT, Errno.EACCES, Errno.EPERM, Errno.EROFS, Errno.ENOTDIR, Errno.ENOSPC);

    private static final int BOOT_ID_LENGTH = 36; // random(4)
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0100;
    private static final int O_APPEND = 02000;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int LOCK_UN = 8;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;

    private static final int LOW_HALF = Integer.MAX_VALUE;

    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final JoinGuard guard;
    private final Label inside = new Label();
    private Optional<PlanStep.JoinNamespaces> shared = Optional.empty();
    private boolean supervised;

    JoinLowering(CallAssembler calls, ProgramLowering programs) {
        this.calls = calls;
        this.guard = new JoinGuard(calls, programs);
        this.tape = calls.tape;
    }

    /** This process is the child of one that jrun made. */
    void noteSupervisor() {
        supervised = true;
    }

    void join(PlanStep.JoinNamespaces step) {
        if (step.namespaces().contains(Namespace.PID) || !step.namespaces().contains(Namespace.MOUNT)) {
            throw new IllegalArgumentException("a mount namespace is shared, a PID namespace never: " + step);
        }
        Label open = new Label();
        Label look = new Label();
        Label named = new Label();
        Label wait = new Label();
        Label lead = new Label();
        Fault fault = fault();
        shared = Optional.of(step);
        openDirectory(fault);
        nameFile(step, fault);
        Operand flags = number(O_RDWR | O_CREAT | O_APPEND | CallAssembler.O_CLOEXEC);
        tape.mark(open);
        calls.callFor(FILE, SystemCall.OPENAT, fault, register(DIRECTORY), scratch(NAME), flags, number(0600));
        tape.add(PlanFormat.OP_MOVE, ALONE, number(1));
        calls.call(SystemCall.FLOCK, fault.tolerating(Errno.EAGAIN, wait), register(FILE), number(LOCK_EX | LOCK_NB));
        tape.mark(look);
        statx(FILE, fault);
        tape.addJump(PlanFormat.OP_IF_LESS, named, number(0), links(tape, VALUE));
        calls.close(FILE); // it was removed between open and lock, and who comes later would not find it
        tape.addJump(PlanFormat.OP_JUMP, open);
        tape.mark(named);
        enterFirstAlive(step, fault, new Runnable() {
            @Override
            public void run() {
                tape.addJump(PlanFormat.OP_IF_EQUAL, lead, register(ALONE), number(1));
                lock(LOCK_EX, fault);
                tape.add(PlanFormat.OP_MOVE, ALONE, number(1));
                tape.addJump(PlanFormat.OP_JUMP, look); // somebody else may have been quicker
            }
        });
        tape.mark(lead);
        if (step.count().isPresent()) {
            statx(FILE, fault);
            tape.addInScratch(PlanFormat.OP_LOAD, VALUE, STATUS_SIZE);
            tape.addInScratch(PlanFormat.OP_STORE, 0, USED, register(VALUE));
        }
        calls.call(SystemCall.FTRUNCATE, fault, register(FILE), number(0));
        if (step.count().isEmpty()) {
            guard.fork(fault);
        }
        tape.outOfLine(new Runnable() {
            @Override
            public void run() {
                tape.mark(wait);
                tape.add(PlanFormat.OP_MOVE, ALONE, number(0));
                lock(LOCK_SH, fault);
                tape.addJump(PlanFormat.OP_JUMP, look);
            }
        });
    }

    private static Fault fault() {
        String hint = "set XDG_RUNTIME_DIR to a directory of yours on this node, or start alone with --no-join";
        return Fault.of("join the other processes of this step")
                .because(Errno.EACCES, "permission denied", hint, CheckLine.RUNTIME_DIRECTORY)
                .because(Errno.EROFS, "the file system is read-only", hint, CheckLine.RUNTIME_DIRECTORY)
                .because(Errno.ENOSPC, "no space is left on the device", hint, CheckLine.RUNTIME_DIRECTORY);
    }

    private void lock(int operation, Fault fault) {
        Label again = new Label();
        tape.mark(again);
        calls.call(SystemCall.FLOCK, fault.tolerating(Errno.EINTR, again), register(FILE), number(operation));
    }

    /** $XDG_RUNTIME_DIR may be set and not exist, as in jobs of Slurm. */
    private void openDirectory(Fault fault) {
        Label fallback = new Label();
        Label open = new Label();
        Label ours = new Label();
        Operand path = scratch(RUNTIME);
        tape.addInScratch(PlanFormat.OP_ENV_GET, VALUE, KEY, tape.string("XDG_RUNTIME_DIR"));
        tape.addJump(PlanFormat.OP_IF_LESS, fallback, register(VALUE), number(1));
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, RUNTIME, scratch(KEY), tape.string("/jrun"));
        Fault unusable = Fault.of(fault.what());
        for (int errno : UNUSABLE) {
            unusable = unusable.tolerating(errno, fallback);
        }
        tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, unusable, path, number(0700));
        tape.addJump(PlanFormat.OP_JUMP, open);
        tape.mark(fallback);
        Operand uid = register(PlanFormat.REGISTER_UID);
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, RUNTIME, tape.string("/tmp/jrun-"), uid);
        tape.addFailing(PlanFormat.OP_MKDIRS, CallAssembler.RESULT, fault, path, number(0700));
        tape.mark(open);
        Operand flags = number(CallAssembler.O_PATH | CallAssembler.O_CLOEXEC);
        calls.callFor(DIRECTORY, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), path, flags);
        statx(DIRECTORY, fault);
        requireOwn(fault, ours);
        tape.mark(ours);
    }

    /** Of the caller, and closed to everybody else. */
    private void requireOwn(Fault fault, Label ours) {
        Label wrong = new Label();
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, STATUS_OWNER); // and the group above it
        tape.add(PlanFormat.OP_SHIFT, VALUE, register(VALUE), number(32));
        tape.add(PlanFormat.OP_SHIFT, FOUND, register(PlanFormat.REGISTER_UID), number(32));
        tape.addInScratch(PlanFormat.OP_LOAD, PLACE, STATUS_MODE);
        tape.add(PlanFormat.OP_AND, PLACE, register(PLACE), number(077));
        Label closed = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, closed, register(PLACE), number(0));
        tape.mark(wrong);
        tape.addFailing(
                PlanFormat.OP_FAIL,
                CallAssembler.RESULT,
                fault,
                number(Errno.EACCES),
                tape.string("the directory for it is not yours alone"));
        tape.mark(closed);
        tape.addJump(PlanFormat.OP_IF_EQUAL, ours, register(VALUE), register(FOUND));
        tape.addJump(PlanFormat.OP_JUMP, wrong);
    }

    private void statx(int descriptor, Fault fault) {
        statx(calls, register(descriptor), fault);
    }

    /** Fills STATUS. */
    static void statx(CallAssembler calls, Operand descriptor, Fault fault) {
        calls.call(
                SystemCall.STATX,
                fault,
                descriptor,
                calls.tape.string(""),
                number(AT_EMPTY_PATH),
                number(STATX_BASIC_STATS),
                scratch(STATUS));
    }

    /** The number of links in STATUS, in a register. */
    static Operand links(TapeAssembler tape, int into) {
        tape.addInScratch(PlanFormat.OP_LOAD, into, STATUS_LINKS); // and the owner above it
        tape.add(PlanFormat.OP_AND, into, register(into), number(LOW_HALF));
        return register(into);
    }

    /** join-GROUP-KEY-BOOT */
    private void nameFile(PlanStep.JoinNamespaces step, Fault fault) {
        Operand boot = tape.string("/proc/sys/kernel/random/boot_id");
        Operand flags = number(CallAssembler.O_CLOEXEC);
        calls.callFor(VALUE, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), boot, flags);
        calls.call(SystemCall.READ, fault, register(VALUE), scratch(BOOT), number(BOOT_ID_LENGTH));
        calls.close(VALUE);
        Operand start = tape.string("join-" + step.group() + "-");
        Operand dash = tape.string("-");
        if (step.key().isPresent()) {
            name(start, tape.string("key-"), tape.string(step.key().get()), dash, scratch(BOOT));
            return;
        }
        Label other = new Label();
        Label named = new Label();
        get(KEY, "SLURM_JOB_ID", other);
        get(STEP, "SLURM_STEP_ID", other);
        Operand slurm = tape.string("slurm-");
        Operand dot = tape.string(".");
        Label first = new Label();
        get(RESTART, "SLURM_RESTART_COUNT", first);
        name(start, slurm, scratch(KEY), dot, scratch(STEP), dot, scratch(RESTART), dash, scratch(BOOT));
        tape.addJump(PlanFormat.OP_JUMP, named);
        tape.mark(first);
        name(start, slurm, scratch(KEY), dot, scratch(STEP), dash, scratch(BOOT));
        tape.addJump(PlanFormat.OP_JUMP, named);
        tape.mark(other);
        nameAfterLauncher(start, dash, named);
        if (supervised) {
            tape.addInScratch(PlanFormat.OP_LOAD, CallAssembler.RESULT, CgroupLowering.PARENT);
        } else {
            calls.call(SystemCall.GETPPID, fault);
        }
        name(start, tape.string("parent-"), register(CallAssembler.RESULT), dash, scratch(BOOT));
        tape.mark(named);
    }

    /** By the first variable that is set: a rank's own parent may be a shell that no other rank has. */
    private void nameAfterLauncher(Operand start, Operand dash, Label named) {
        for (String variable : LAUNCHERS) {
            Label next = new Label();
            get(KEY, variable, next);
            name(start, tape.string(variable + "-"), scratch(KEY), dash, scratch(BOOT));
            tape.addJump(PlanFormat.OP_JUMP, named);
            tape.mark(next);
        }
    }

    private void get(int place, String variable, Label missing) {
        tape.addInScratch(PlanFormat.OP_ENV_GET, VALUE, place, tape.string(variable));
        tape.addJump(PlanFormat.OP_IF_LESS, missing, register(VALUE), number(1));
    }

    private void name(Operand... parts) {
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, NAME, parts);
    }

    /** @param none what to do when there is none; must not fall through */
    private void enterFirstAlive(PlanStep.JoinNamespaces step, Fault fault, Runnable none) {
        Label nobody = new Label();
        Label next = new Label();
        tape.add(PlanFormat.OP_MOVE, PLACE, number(0));
        readEntry(fault, nobody);
        tape.addInScratch(PlanFormat.OP_LOAD, INODE, ENTRY);
        tape.mark(next);
        readEntry(fault, nobody);
        tape.addInScratch(PlanFormat.OP_LOAD, PEER, ENTRY);
        openNamespaces(step.namespaces(), next);
        Label same = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, same, register(FOUND), register(INODE));
        closeNamespaces(step.namespaces());
        tape.addJump(PlanFormat.OP_JUMP, next);
        tape.mark(same);
        setNamespaces(step.namespaces());
        calls.call(SystemCall.GETPID, fault);
        tape.addInScratch(PlanFormat.OP_STORE, 0, ENTRY, register(CallAssembler.RESULT));
        calls.call(SystemCall.WRITE, fault, register(FILE), scratch(ENTRY), number(8));
        release(step.count(), fault);
        tape.addJump(PlanFormat.OP_JUMP, inside);
        tape.mark(nobody);
        none.run();
    }

    private void readEntry(Fault fault, Label nobody) {
        Label whole = new Label();
        calls.call(SystemCall.PREAD64, fault, register(FILE), scratch(ENTRY), number(8), register(PLACE));
        tape.addJump(PlanFormat.OP_IF_EQUAL, whole, register(CallAssembler.RESULT), number(8));
        tape.addJump(PlanFormat.OP_JUMP, nobody);
        tape.mark(whole);
        tape.add(PlanFormat.OP_ADD, PLACE, register(PLACE), number(8));
    }

    /** Opens all namespaces of PEER, whose mount namespace's inode number goes to FOUND, or goes on where it is gone. */
    private void openNamespaces(Set<Namespace> namespaces, Label gone) {
        open(Namespace.MOUNT, gone);
        Operand[] arguments = {
            number(SystemCall.STATX.number(calls.machine)),
            register(MOUNTS),
            tape.string(""),
            number(AT_EMPTY_PATH),
            number(STATX_BASIC_STATS),
            scratch(STATUS)
        };
        tape.add(PlanFormat.OP_SYS, CallAssembler.RESULT, arguments);
        tape.addJump(PlanFormat.OP_IF_LESS, gone, register(CallAssembler.RESULT), number(0));
        tape.addInScratch(PlanFormat.OP_LOAD, FOUND, STATUS_INODE);
        for (Namespace namespace : Namespace.values()) {
            if (namespace != Namespace.MOUNT && namespaces.contains(namespace)) {
                open(namespace, gone);
            }
        }
    }

    private void open(Namespace namespace, Label gone) {
        int descriptor = DESCRIPTORS.get(namespace);
        calls.text(tape.string("/proc/"), register(PEER), tape.string("/ns/" + file(namespace)));
        tape.add(
                PlanFormat.OP_SYS,
                descriptor,
                number(SystemCall.OPENAT.number(calls.machine)),
                number(CallAssembler.AT_FDCWD),
                scratch(Scratch.TEXT),
                number(CallAssembler.O_CLOEXEC));
        tape.addJump(PlanFormat.OP_IF_LESS, gone, register(descriptor), number(0));
    }

    /** Source: namespaces(7), "The /proc/pid/ns/ directory". */
    private static String file(Namespace namespace) {
        return switch (namespace) {
            case USER -> "user";
            case MOUNT -> "mnt";
            case PID -> "pid";
            case IPC -> "ipc";
            case UTS -> "uts";
            case NET -> "net";
            case CGROUP -> "cgroup";
        };
    }

    private void closeNamespaces(Set<Namespace> namespaces) {
        for (Namespace namespace : Namespace.values()) {
            if (namespaces.contains(namespace)) {
                calls.close(DESCRIPTORS.get(namespace));
            }
        }
    }

    /**
     * First the user namespace that the mount namespace belongs to, since that gives the right to enter it and the others;
     * then the others, and the root changes with the mounts. Whoever mounted as root went on into a user namespace inside,
     * which is entered last, from where it can be; mostly it is the same one, and the kernel says EINVAL. Source: setns(2),
     * and NS_GET_USERNS of ioctl_nsfs(2).
     */
    private void setNamespaces(Set<Namespace> namespaces) {
        Fault fault = Fault.of("enter the namespaces of the container")
                .because(Errno.EPERM, "the kernel does not permit it", "only who started the container may enter it");
        boolean user = namespaces.contains(Namespace.USER);
        if (user) {
            calls.callFor(OWNER, SystemCall.IOCTL, fault, register(MOUNTS), number(NS_GET_USERNS));
            set(Namespace.USER, OWNER, fault);
        }
        for (Namespace namespace : Namespace.values()) {
            if (namespace != Namespace.MOUNT && namespace != Namespace.USER && namespaces.contains(namespace)) {
                set(namespace, DESCRIPTORS.get(namespace), fault);
            }
        }
        set(Namespace.MOUNT, MOUNTS, fault);
        if (user) {
            Label same = new Label();
            int descriptor = DESCRIPTORS.get(Namespace.USER);
            enter(Namespace.USER, descriptor, fault.tolerating(Errno.EINVAL, same));
            tape.mark(same);
            calls.close(descriptor);
        }
    }

    private void set(Namespace namespace, int descriptor, Fault fault) {
        enter(namespace, descriptor, fault);
        calls.close(descriptor);
    }

    private void enter(Namespace namespace, int descriptor, Fault fault) {
        int flag = NamespaceLowering.flags(Set.of(namespace));
        calls.call(SystemCall.SETNS, fault, register(descriptor), number(flag));
    }

    /** Right behind the making of the mount namespace: where /proc is, is not known later. */
    void noteNamespace() {
        if (shared.isPresent()) {
            Fault fault = fault();
            Operand self = tape.string("/proc/self/ns/mnt");
            Operand flags = number(CallAssembler.O_CLOEXEC);
            calls.callFor(VALUE, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), self, flags);
            statx(VALUE, fault);
            tape.addInScratch(PlanFormat.OP_LOAD, INODE, STATUS_INODE);
            calls.close(VALUE);
        }
    }

    void offer() {
        if (shared.isEmpty()) {
            throw new IllegalArgumentException("nobody joins these namespaces");
        }
        Fault fault = fault();
        tape.addInScratch(PlanFormat.OP_STORE, 0, ENTRY, register(INODE));
        calls.call(SystemCall.GETPID, fault);
        tape.addInScratch(PlanFormat.OP_STORE, 0, ENTRY + 8, register(CallAssembler.RESULT));
        calls.call(SystemCall.WRITE, fault, register(FILE), scratch(ENTRY), number(16));
        if (shared.get().count().isPresent()) {
            countThoseBefore(fault);
        }
        release(shared.get().count(), fault);
        tape.mark(inside);
    }

    /** Who came and went before this leader is one of the count all the same: entries of zeros stand for them. */
    private void countThoseBefore(Fault fault) {
        Label first = new Label();
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, USED);
        tape.addJump(PlanFormat.OP_IF_LESS, first, register(VALUE), number(16));
        tape.add(PlanFormat.OP_ADD, VALUE, register(VALUE), number(8));
        calls.call(SystemCall.FTRUNCATE, fault, register(FILE), register(VALUE));
        tape.mark(first);
    }

    /** Not by close(2) alone: a helper that was forked meanwhile may have the lock too. */
    private void release(OptionalInt count, Fault fault) {
        if (count.isPresent()) {
            Label more = new Label();
            statx(FILE, fault);
            tape.addInScratch(PlanFormat.OP_LOAD, VALUE, STATUS_SIZE);
            tape.addJump(PlanFormat.OP_IF_LESS, more, register(VALUE), number(8 + 8 * count.getAsInt()));
            calls.call(
                    SystemCall.UNLINKAT,
                    fault.tolerating(Errno.ENOENT, more),
                    register(DIRECTORY),
                    scratch(NAME),
                    number(0));
            tape.mark(more);
        }
        calls.call(SystemCall.FLOCK, fault, register(FILE), number(LOCK_UN));
        calls.close(FILE);
        calls.close(DIRECTORY);
    }

    void enter(PlanStep.EnterProcess step) {
        Label gone = new Label();
        Label same = new Label();
        tape.add(PlanFormat.OP_MOVE, PEER, number(Math.toIntExact(step.process())));
        constant(INODE, step.mountNamespace());
        openNamespaces(step.namespaces(), gone);
        tape.addJump(PlanFormat.OP_IF_EQUAL, same, register(FOUND), register(INODE));
        tape.mark(gone);
        tape.addFailing(
                PlanFormat.OP_FAIL,
                CallAssembler.RESULT,
                Fault.of("enter the container of process " + step.process()),
                number(PlanFormat.NO_ERRNO),
                tape.string("it has ended"));
        tape.mark(same);
        setNamespaces(step.namespaces());
    }

    /** Operands have 31 bits and a sign. */
    private void constant(int register, long value) {
        tape.add(PlanFormat.OP_MOVE, register, number((int) (value >>> 31)));
        tape.add(PlanFormat.OP_SHIFT, register, register(register), number(31));
        tape.add(PlanFormat.OP_OR, register, register(register), number((int) (value & Integer.MAX_VALUE)));
    }
}

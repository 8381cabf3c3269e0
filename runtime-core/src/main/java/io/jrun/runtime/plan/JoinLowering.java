package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Sharing namespaces: who comes first makes them, the others enter them.
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

    private static final int PEER = NamespaceEntry.PEER;
    private static final int FOUND = NamespaceEntry.FOUND;
    private static final int VALUE = 18;

    /** A number of the file. */
    static final int ENTRY = Statx.STRUCTURE + 256;

    static final int RUNTIME = Scratch.PATHS;
    static final int NAME = RUNTIME + PlanFormat.STRING_MAX;

    /** Of variables, each of which is looked at once. */
    private static final int VARIABLE = JoinName.KEY;

    /** Where the file ended that an earlier leader, who is gone, left; in the place of a text that has done its work. */
    private static final int USED = JoinName.KEY;

    /** Of making a directory where the caller may not. */
    private static final List<Integer> UNUSABLE =
            List.of(Errno.ENOENT, Errno.EACCES, Errno.EPERM, Errno.EROFS, Errno.ENOTDIR, Errno.ENOSPC);

    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0100;
    private static final int O_APPEND = 02000;
    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int LOCK_UN = 8;

    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final JoinGuard guard;
    private final JoinName name;
    private final NamespaceEntry entry;
    private final Label inside = new Label();
    private Optional<PlanStep.JoinNamespaces> shared = Optional.empty();

    JoinLowering(CallAssembler calls, ProgramLowering programs, NamespaceEntry entry) {
        this.calls = calls;
        this.guard = new JoinGuard(calls, programs);
        this.name = new JoinName(calls);
        this.entry = entry;
        this.tape = calls.tape;
    }

    /** This process is the child of one that jrun made. */
    void noteSupervisor() {
        name.noteSupervisor();
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
        name.write(step, fault);
        Operand flags = number(O_RDWR | O_CREAT | O_APPEND | CallAssembler.O_CLOEXEC);
        tape.mark(open);
        calls.callFor(FILE, SystemCall.OPENAT, fault, register(DIRECTORY), scratch(NAME), flags, number(0600));
        tape.add(PlanFormat.OP_MOVE, ALONE, number(1));
        calls.call(SystemCall.FLOCK, fault.tolerating(Errno.EAGAIN, wait), register(FILE), number(LOCK_EX | LOCK_NB));
        tape.mark(look);
        Statx.call(calls, register(FILE), fault);
        tape.addJump(PlanFormat.OP_IF_LESS, named, number(0), Statx.links(tape, VALUE));
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
            Statx.call(calls, register(FILE), fault);
            tape.addInScratch(PlanFormat.OP_LOAD, VALUE, Statx.SIZE);
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
        tape.addInScratch(PlanFormat.OP_ENV_GET, VALUE, VARIABLE, tape.string("XDG_RUNTIME_DIR"));
        tape.addJump(PlanFormat.OP_IF_LESS, fallback, register(VALUE), number(1));
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.LENGTH, RUNTIME, scratch(VARIABLE), tape.string("/jrun"));
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
        Statx.call(calls, register(DIRECTORY), fault);
        requireOwn(fault, ours);
        tape.mark(ours);
    }

    /** Of the caller, and closed to everybody else. */
    private void requireOwn(Fault fault, Label ours) {
        Label wrong = new Label();
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, Statx.OWNER); // and the group above it
        tape.add(PlanFormat.OP_SHIFT, VALUE, register(VALUE), number(32));
        tape.add(PlanFormat.OP_SHIFT, FOUND, register(PlanFormat.REGISTER_UID), number(32));
        tape.addInScratch(PlanFormat.OP_LOAD, PLACE, Statx.MODE);
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
        entry.open(step.namespaces(), next);
        Label same = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, same, register(FOUND), register(INODE));
        entry.close(step.namespaces());
        tape.addJump(PlanFormat.OP_JUMP, next);
        tape.mark(same);
        entry.enter(step.namespaces());
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

    /** Right behind the making of the mount namespace: where /proc is, is not known later. */
    void noteNamespace() {
        if (shared.isPresent()) {
            Fault fault = fault();
            Operand self = tape.string("/proc/self/ns/mnt");
            Operand flags = number(CallAssembler.O_CLOEXEC);
            calls.callFor(VALUE, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), self, flags);
            Statx.call(calls, register(VALUE), fault);
            tape.addInScratch(PlanFormat.OP_LOAD, INODE, Statx.INODE);
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
            Statx.call(calls, register(FILE), fault);
            tape.addInScratch(PlanFormat.OP_LOAD, VALUE, Statx.SIZE);
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
}

package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.TapeAssembler.Label;
import java.util.Map;
import java.util.Set;

/** Entering the namespaces of another process by the files that stand for them. Source: namespaces(7), setns(2). */
final class NamespaceEntry {

    /** The process whose namespaces are opened. */
    static final int PEER = 16;

    /** The inode number of its mount namespace. */
    static final int FOUND = 19;

    private static final int MOUNTS = 17;

    /** The user namespace that the mount namespace belongs to. */
    private static final int OWNER = 18;

    /** The inode number that its mount namespace is to have. */
    private static final int INODE = 23;

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

    private final CallAssembler calls;
    private final TapeAssembler tape;

    NamespaceEntry(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    void enter(PlanStep.EnterProcess step) {
        Label gone = new Label();
        Label same = new Label();
        tape.add(PlanFormat.OP_MOVE, PEER, number(Math.toIntExact(step.process())));
        constant(INODE, step.mountNamespace());
        open(step.namespaces(), gone);
        tape.addJump(PlanFormat.OP_IF_EQUAL, same, register(FOUND), register(INODE));
        tape.mark(gone);
        tape.addFailing(
                PlanFormat.OP_FAIL,
                CallAssembler.RESULT,
                Fault.of("enter the container of process " + step.process()),
                number(PlanFormat.NO_ERRNO),
                tape.string("it has ended"));
        tape.mark(same);
        enter(step.namespaces());
    }

    /** Opens all namespaces of PEER, whose mount namespace's inode number goes to FOUND, or goes on where it is gone. */
    void open(Set<Namespace> namespaces, Label gone) {
        open(Namespace.MOUNT, gone);
        Statx.call(calls, register(MOUNTS), gone);
        tape.addInScratch(PlanFormat.OP_LOAD, FOUND, Statx.INODE);
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

    void close(Set<Namespace> namespaces) {
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
    void enter(Set<Namespace> namespaces) {
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

    /** Operands have 31 bits and a sign. */
    private void constant(int register, long value) {
        tape.add(PlanFormat.OP_MOVE, register, number((int) (value >>> 31)));
        tape.add(PlanFormat.OP_SHIFT, register, register(register), number(31));
        tape.add(PlanFormat.OP_OR, register, register(register), number((int) (value & Integer.MAX_VALUE)));
    }
}

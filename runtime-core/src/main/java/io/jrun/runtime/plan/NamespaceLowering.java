package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** The namespaces and who the caller is in them. */
final class NamespaceLowering {

    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = CallAssembler.O_CLOEXEC;
    private static final int MS_SLAVE = 1 << 19;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int IFF_UP = 1;
    private static final int IFF_RUNNING = 0x40;

    private static final int USER_MAPPER = 17;
    private static final int GROUP_MAPPER = 18;

    /** Closed as soon as there is a user namespace whose maps can be written. */
    private static final int GATE = 19;

    private static final int GATE_END = 20;
    private static final int PIPE = Scratch.STRUCTURES + 1024; // two descriptors of 32 bits, then zeros
    private static final int LOW_HALF = Integer.MAX_VALUE; // a descriptor is never negative

    /** Of every start. Others have a call of their own, since one that is refused does not tell for which of all. */
    private static final Set<PlanStep.Namespace> USUAL = Set.of(PlanStep.Namespace.USER, PlanStep.Namespace.MOUNT);

    private final CallAssembler calls;
    private final ProgramLowering programs;
    private final ImageLowering images;
    private final SupervisorLowering supervisor;
    private final TapeAssembler tape;

    NamespaceLowering(CallAssembler calls, ProgramLowering programs, ImageLowering images) {
        this.calls = calls;
        this.programs = programs;
        this.images = images;
        this.supervisor = new SupervisorLowering(calls);
        this.tape = calls.tape;
    }

    /** @param mounted what the steps behind this one mount */
    void enter(PlanStep.EnterNamespaces step, List<PlanStep.MountImage> mounted) {
        boolean user = step.namespaces().contains(PlanStep.Namespace.USER);
        if (!mounted.isEmpty()) {
            if (!user || !step.namespaces().contains(PlanStep.Namespace.MOUNT)) {
                throw new IllegalArgumentException("an image takes namespaces to mount it in: " + step);
            }
            enterWithImages(step, mounted);
        } else {
            unshare(step, step.namespaces());
            if (!user) {
                makeSlaves(step);
            } else if (step.subordinateIds().isEmpty()) {
                writeMaps(step.identity());
            }
        }
        if (step.namespaces().contains(PlanStep.Namespace.PID)) {
            becomeInit();
        }
    }

    /** The helpers get the user namespace and nothing else. */
    private void enterWithImages(PlanStep.EnterNamespaces step, List<PlanStep.MountImage> mounted) {
        Set<PlanStep.Namespace> rest = EnumSet.copyOf(step.namespaces());
        rest.remove(PlanStep.Namespace.USER);
        Operand uid = inside(step.identity().uid(), PlanFormat.REGISTER_UID);
        Operand gid = inside(step.identity().gid(), PlanFormat.REGISTER_GID);
        unshare(step, EnumSet.of(PlanStep.Namespace.USER));
        if (step.subordinateIds().isEmpty()) {
            writeMaps(step.identity());
        }
        for (int i = 0; i < mounted.size(); i++) {
            images.startHelper(mounted.get(i), i);
        }
        unshare(step, rest);
        for (int i = 0; i < mounted.size(); i++) {
            images.mount(mounted.get(i), i, uid, gid);
        }
    }

    private void unshare(PlanStep.EnterNamespaces step, Set<PlanStep.Namespace> namespaces) {
        Set<PlanStep.Namespace> usual = EnumSet.noneOf(PlanStep.Namespace.class);
        Set<PlanStep.Namespace> others = EnumSet.noneOf(PlanStep.Namespace.class);
        for (PlanStep.Namespace namespace : namespaces) {
            (USUAL.contains(namespace) ? usual : others).add(namespace);
        }
        if (usual.contains(PlanStep.Namespace.USER) && step.subordinateIds().isPresent()) {
            enterWithMappers(step.subordinateIds().get(), usual);
        } else {
            unshare(usual);
        }
        unshare(others);
    }

    private void unshare(Set<PlanStep.Namespace> namespaces) {
        if (!namespaces.isEmpty()) {
            calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(namespaces), number(flags(namespaces)));
        }
    }

    private void writeMaps(PlanStep.Identity identity) {
        writeMaps(
                inside(identity.uid(), PlanFormat.REGISTER_UID),
                register(PlanFormat.REGISTER_UID),
                inside(identity.gid(), PlanFormat.REGISTER_GID),
                register(PlanFormat.REGISTER_GID));
    }

    private void makeSlaves(PlanStep.EnterNamespaces step) {
        if (step.namespaces().contains(PlanStep.Namespace.MOUNT)) {
            // A mount namespace made with a user namespace has only slaves already: mount_namespaces(7), restrictions.
            Fault fault = Fault.of("make all mounts slaves of the host's");
            Operand slave = number(MountCalls.MS_REC | MS_SLAVE);
            calls.call(SystemCall.MOUNT, fault, number(0), tape.string("/"), number(0), slave, number(0));
        }
    }

    private Operand inside(OptionalLong id, int own) {
        return id.isPresent() ? tape.string(Long.toString(id.getAsLong())) : register(own);
    }

    /** The process stays outside and ends as its child does; the child goes on. */
    void becomeInit() {
        supervisor.fork(Fault.of("make a process in the PID namespace"));
    }

    /** The payload becomes a child of the namespace's init. */
    void leaveInit() {
        supervisor.fork(Fault.of("make the payload's process"));
    }

    void setHostName(PlanStep.SetHostName step) {
        Fault fault = Fault.of(ByteString.of("set the host name ").plus(step.name()));
        calls.call(
                SystemCall.SETHOSTNAME,
                fault.because(Errno.EINVAL, "it is longer than 64 bytes", "choose a shorter one"),
                tape.string(step.name()),
                number(step.name().length()));
    }

    /** Source: netdevice(7), SIOCSIFFLAGS. */
    void raiseLoopback() {
        Fault fault = Fault.of("set the loopback interface up");
        byte[] request = LittleEndian.buffer(40)
                .putShort(0, (short) ('l' | 'o' << 8)) // struct ifreq: the name, then the flags
                .putShort(16, (short) (IFF_UP | IFF_RUNNING))
                .array();
        Operand flags = number(SOCK_DGRAM | O_CLOEXEC);
        calls.callFor(CallAssembler.RESULT, SystemCall.SOCKET, fault, number(AF_INET), flags, number(0));
        calls.call(
                SystemCall.IOCTL, fault, register(CallAssembler.RESULT), number(SIOCSIFFLAGS), tape.structure(request));
    }

    /** From uid 0 and gid 0 of the present namespace. */
    void becomeCaller(PlanStep.BecomeCaller step) {
        Set<PlanStep.Namespace> user = Set.of(PlanStep.Namespace.USER);
        calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(user), number(flags(user)));
        writeMaps(
                inside(step.identity().uid(), PlanFormat.REGISTER_UID),
                number(0),
                inside(step.identity().gid(), PlanFormat.REGISTER_GID),
                number(0));
    }

    static int flags(Set<PlanStep.Namespace> namespaces) {
        int flags = 0;
        for (PlanStep.Namespace namespace : namespaces) {
            flags |= cloneFlag(namespace);
        }
        return flags;
    }

    /** Source: clone(2), CLONE_NEW*. */
    private static int cloneFlag(PlanStep.Namespace namespace) {
        return switch (namespace) {
            case USER -> 0x10000000;
            case MOUNT -> 0x00020000;
            case PID -> 0x20000000;
            case IPC -> 0x08000000;
            case UTS -> 0x04000000;
            case NET -> 0x40000000;
            case CGROUP -> 0x02000000;
        };
    }

    /** The mappers have their privileges in the caller's namespace only, so they are forked there and wait. */
    private void enterWithMappers(PlanStep.SubordinateIds ids, Set<PlanStep.Namespace> namespaces) {
        Fault fault = Fault.of("map subordinate ids");
        calls.call(SystemCall.PIPE2, fault, scratch(PIPE), number(O_CLOEXEC));
        tape.addInScratch(PlanFormat.OP_LOAD, GATE_END, PIPE);
        tape.add(PlanFormat.OP_AND, GATE_END, register(GATE_END), number(LOW_HALF));
        tape.addInScratch(PlanFormat.OP_LOAD, GATE, PIPE + 4);
        Fault users = NamespaceFaults.mapper("map subordinate user ids", ids.userMapper());
        Fault groups = NamespaceFaults.mapper("map subordinate group ids", ids.groupMapper());
        programs.begin(fault);
        forkMapper(users, USER_MAPPER, ids.userMapper(), ids.users());
        forkMapper(groups, GROUP_MAPPER, ids.groupMapper(), ids.groups());
        calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(namespaces), number(flags(namespaces)));
        calls.close(GATE);
        calls.close(GATE_END);
        programs.await(users, USER_MAPPER);
        programs.await(groups, GROUP_MAPPER);
        programs.end(fault);
    }

    private void forkMapper(Fault fault, int child, ByteString program, List<PlanStep.IdRange> ranges) {
        programs.fork(fault, child, new Runnable() {
            @Override
            public void run() {
                calls.close(GATE);
                // Ends with the last writer: the starter has made the namespace, or is gone.
                calls.call(SystemCall.READ, fault, register(GATE_END), scratch(Scratch.STRUCTURES), number(1));
                calls.text(register(ProgramLowering.SELF));
                List<Operand> arguments = new ArrayList<>();
                arguments.add(tape.string(program));
                arguments.add(scratch(Scratch.TEXT));
                for (PlanStep.IdRange range : ranges) {
                    arguments.add(tape.string(Long.toString(range.inside())));
                    arguments.add(tape.string(Long.toString(range.outside())));
                    arguments.add(tape.string(Long.toString(range.count())));
                }
                programs.execute(arguments, fault);
            }
        });
    }

    private void writeMaps(Operand userInside, Operand user, Operand groupInside, Operand group) {
        // Without "deny" an unprivileged process may not write gid_map: user_namespaces(7).
        calls.text(tape.string("deny"));
        writeFile("/proc/self/setgroups", NamespaceFaults.map("deny setgroups(2) in the user namespace"));
        writeMap("/proc/self/uid_map", userInside, user, "map your user id");
        writeMap("/proc/self/gid_map", groupInside, group, "map your group id");
    }

    private void writeMap(String file, Operand inside, Operand outside, String what) {
        Operand space = tape.string(" ");
        calls.text(inside, space, outside, space, number(1));
        writeFile(file, NamespaceFaults.map(what));
    }

    /** The text in scratch memory; the descriptor is left to execve(2) to close. */
    private void writeFile(String file, Fault fault) {
        Operand flags = number(O_WRONLY | O_CLOEXEC);
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.callFor(CallAssembler.RESULT, SystemCall.OPENAT, fault, here, tape.string(file), flags);
        Operand descriptor = register(CallAssembler.RESULT);
        Operand size = register(CallAssembler.LENGTH);
        calls.call(SystemCall.WRITE, fault, descriptor, scratch(CallAssembler.TEXT), size);
    }
}

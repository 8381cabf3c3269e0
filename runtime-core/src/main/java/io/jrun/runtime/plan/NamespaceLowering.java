package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** The namespaces and who the caller is in them. */
final class NamespaceLowering {

    private static final int O_WRONLY = 1;
    private static final int O_CLOEXEC = CallAssembler.O_CLOEXEC;
    private static final int MS_SLAVE = 1 << 19;

    private static final int USER_MAPPER = 17;
    private static final int GROUP_MAPPER = 18;

    /** Closed as soon as there is a user namespace whose maps can be written. */
    private static final int GATE = 19;

    private static final int GATE_END = 20;
    private static final int PIPE = Scratch.STRUCTURES + 1024; // two descriptors of 32 bits, then zeros
    private static final int LOW_HALF = Integer.MAX_VALUE; // a descriptor is never negative

    private final CallAssembler calls;
    private final ProgramLowering programs;
    private final TapeAssembler tape;

    NamespaceLowering(CallAssembler calls, ProgramLowering programs) {
        this.calls = calls;
        this.programs = programs;
        this.tape = calls.tape;
    }

    void enter(PlanStep.EnterNamespaces step) {
        boolean user = step.namespaces().contains(PlanStep.Namespace.USER);
        if (step.namespaces().contains(PlanStep.Namespace.PID)) {
            throw new IllegalArgumentException("a PID namespace takes a fork, which is not done: " + step);
        }
        if (user && step.subordinateIds().isPresent()) {
            enterWithMappers(step.subordinateIds().get(), flags(step.namespaces()));
            return;
        }
        if (!step.namespaces().isEmpty()) {
            calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(user), number(flags(step.namespaces())));
        }
        if (user) {
            writeMaps(
                    inside(step.identity().uid(), PlanFormat.REGISTER_UID),
                    register(PlanFormat.REGISTER_UID),
                    inside(step.identity().gid(), PlanFormat.REGISTER_GID),
                    register(PlanFormat.REGISTER_GID));
        } else if (step.namespaces().contains(PlanStep.Namespace.MOUNT)) {
            // A mount namespace made with a user namespace has only slaves already: mount_namespaces(7), restrictions.
            Fault fault = Fault.of("make all mounts slaves of the host's");
            Operand slave = number(MountCalls.MS_REC | MS_SLAVE);
            calls.call(SystemCall.MOUNT, fault, number(0), tape.string("/"), number(0), slave, number(0));
        }
    }

    private Operand inside(OptionalLong id, int own) {
        return id.isPresent() ? tape.string(Long.toString(id.getAsLong())) : register(own);
    }

    /** From uid 0 and gid 0 of the present namespace. */
    void becomeCaller(PlanStep.BecomeCaller step) {
        int flag = flags(Set.of(PlanStep.Namespace.USER));
        calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(true), number(flag));
        writeMaps(
                inside(step.identity().uid(), PlanFormat.REGISTER_UID),
                number(0),
                inside(step.identity().gid(), PlanFormat.REGISTER_GID),
                number(0));
    }

    private static int flags(Set<PlanStep.Namespace> namespaces) {
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
    private void enterWithMappers(PlanStep.SubordinateIds ids, int flags) {
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
        calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(true), number(flags));
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

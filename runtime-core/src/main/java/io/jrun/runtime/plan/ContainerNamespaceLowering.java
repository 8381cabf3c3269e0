package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.LifecycleStep.IdMaps;
import io.jrun.runtime.plan.LifecycleStep.Mapper;
import io.jrun.runtime.plan.PlanStep.IdRange;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The namespaces of a container with a life of its own: some made, some joined by their paths. */
final class ContainerNamespaceLowering {

    private static final int USER_MAPPER = 17;
    private static final int GROUP_MAPPER = 18;
    private static final int GATE = 19;
    private static final int GATE_END = 20;
    private static final int SLOTS = Scratch.SLOTS;

    /** The user namespace first, which gives the rights for the others; the mount namespace last, where paths change. */
    private static final List<Namespace> ORDER = List.of(
            Namespace.USER,
            Namespace.IPC,
            Namespace.UTS,
            Namespace.NET,
            Namespace.PID,
            Namespace.CGROUP,
            Namespace.MOUNT);

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final ProgramLowering programs;

    ContainerNamespaceLowering(LifecycleCalls life, ProgramLowering programs) {
        this.life = life;
        this.calls = life.calls;
        this.tape = life.tape;
        this.programs = programs;
    }

    void enter(LifecycleStep.EnterNamespaces step) {
        join(step);
        Set<Namespace> rest = EnumSet.noneOf(Namespace.class);
        rest.addAll(step.made());
        if (rest.remove(Namespace.USER)) {
            IdMaps maps = step.maps().orElseThrow(() -> new IllegalArgumentException("no maps: " + step));
            enterUserNamespace(maps);
            if (mapsRoot(maps.users()) && mapsRoot(maps.groups())) {
                becomeRoot(Fault.of("become root in the user namespace"));
            }
        } else if (step.joined().containsKey(Namespace.USER)) {
            Label none = new Label();
            becomeRoot(Fault.of("become root in the user namespace").tolerating(Errno.EINVAL, none));
            tape.mark(none); // it has no root: then the process stays who it is
        }
        if (!rest.isEmpty()) {
            calls.call(
                    SystemCall.UNSHARE,
                    NamespaceFaults.unshare(rest)
                            .because(
                                    Errno.EPERM,
                                    "without root it takes a user namespace",
                                    "add {\"type\": \"user\"} to linux.namespaces, as `umoci unpack --rootless` does"),
                    number(NamespaceLowering.flags(rest)));
        }
    }

    private void join(LifecycleStep.EnterNamespaces step) {
        int slot = SLOTS;
        for (Namespace each : ORDER) {
            if (step.joined().containsKey(each)) {
                life.open(CallAssembler.RESULT, step.joined().get(each), LifecycleCalls.O_RDONLY, 0, fault(step, each));
                tape.addInScratch(PlanFormat.OP_STORE, 0, slot, register(CallAssembler.RESULT));
                slot += 8;
            }
        }
        slot = SLOTS;
        for (Namespace each : ORDER) {
            if (step.joined().containsKey(each)) {
                tape.addInScratch(PlanFormat.OP_LOAD, CallAssembler.LENGTH, slot);
                calls.call(
                        SystemCall.SETNS,
                        fault(step, each)
                                .because(
                                        Errno.EINVAL,
                                        "it is another type of namespace, or the caller is in it already",
                                        "check linux.namespaces in config.json"),
                        register(CallAssembler.LENGTH),
                        number(NamespaceLowering.flags(Set.of(each))));
                slot += 8;
            }
        }
    }

    private static Fault fault(LifecycleStep.EnterNamespaces step, Namespace namespace) {
        return Fault.of(
                LifecycleCalls.words("join the namespace ", step.joined().get(namespace)));
    }

    private static boolean mapsRoot(List<IdRange> ranges) {
        return ranges.stream().anyMatch(range -> range.inside() == 0);
    }

    private void becomeRoot(Fault fault) {
        Operand root = number(0);
        calls.call(SystemCall.SETRESGID, fault, root, root, root);
        calls.call(SystemCall.SETRESUID, fault, root, root, root);
    }

    private void enterUserNamespace(IdMaps maps) {
        int flag = NamespaceLowering.flags(Set.of(Namespace.USER));
        if (maps.mapper() instanceof Mapper.Self) {
            calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(Set.of(Namespace.USER)), number(flag));
            // Without "deny" an unprivileged process may not write gid_map: user_namespaces(7).
            write(tape.string("/proc/self/setgroups"), "deny", NamespaceFaults.map("deny setgroups(2)"));
            write(tape.string("/proc/self/uid_map"), text(maps.users()), NamespaceFaults.map("map user ids"));
            write(tape.string("/proc/self/gid_map"), text(maps.groups()), NamespaceFaults.map("map group ids"));
            return;
        }
        Fault fault = Fault.of("map the ids of the user namespace");
        life.pipe(GATE_END, GATE, fault);
        programs.begin(fault);
        Fault users = fault("map user ids", maps.mapper(), true);
        Fault groups = fault("map group ids", maps.mapper(), false);
        forkMapper(users, USER_MAPPER, maps.mapper(), maps.users(), true);
        forkMapper(groups, GROUP_MAPPER, maps.mapper(), maps.groups(), false);
        calls.call(SystemCall.UNSHARE, NamespaceFaults.unshare(Set.of(Namespace.USER)), number(flag));
        calls.close(GATE);
        calls.close(GATE_END);
        programs.await(users, USER_MAPPER);
        programs.await(groups, GROUP_MAPPER);
        programs.end(fault);
    }

    private static Fault fault(String what, Mapper mapper, boolean user) {
        return mapper instanceof Mapper.Programs tools
                ? NamespaceFaults.mapper(what, user ? tools.user() : tools.group())
                : Fault.of(what);
    }

    /** It stays where its capabilities count, and waits for the namespace: the end of the pipe. */
    private void forkMapper(Fault fault, int child, Mapper mapper, List<IdRange> ranges, boolean user) {
        programs.fork(fault, child, () -> {
            calls.close(GATE);
            calls.call(SystemCall.READ, fault, register(GATE_END), scratch(Scratch.STRUCTURES), number(1));
            if (mapper instanceof Mapper.Programs tools) {
                calls.text(register(ProgramLowering.SELF));
                List<Operand> arguments = new ArrayList<>();
                arguments.add(tape.string(user ? tools.user() : tools.group()));
                arguments.add(scratch(Scratch.TEXT));
                for (IdRange range : ranges) {
                    arguments.add(tape.string(Long.toString(range.inside())));
                    arguments.add(tape.string(Long.toString(range.outside())));
                    arguments.add(tape.string(Long.toString(range.count())));
                }
                programs.execute(arguments, fault);
            } else {
                calls.text(
                        tape.string("/proc/"),
                        register(ProgramLowering.SELF),
                        tape.string(user ? "/uid_map" : "/gid_map"));
                write(scratch(Scratch.TEXT), text(ranges), fault);
                life.exit(0);
            }
        });
    }

    private static String text(List<IdRange> ranges) {
        StringBuilder lines = new StringBuilder();
        for (IdRange range : ranges) {
            lines.append(range.inside())
                    .append(' ')
                    .append(range.outside())
                    .append(' ')
                    .append(range.count())
                    .append('\n');
        }
        return lines.toString();
    }

    private void write(Operand path, String content, Fault fault) {
        int flags = LifecycleCalls.O_WRONLY | CallAssembler.O_CLOEXEC;
        calls.callFor(
                CallAssembler.RESULT, SystemCall.OPENAT, fault, number(CallAssembler.AT_FDCWD), path, number(flags));
        calls.call(
                SystemCall.WRITE,
                fault,
                register(CallAssembler.RESULT),
                tape.string(content),
                number(ByteString.of(content).length()));
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.IdRange;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * One step in the life of a container as the OCI runtime-spec tells it: made by one command, started by another, killed
 * and deleted by others. Host paths are absolute; container paths are resolved from the container's root.
 *
 * <p>Source: OCI runtime-spec 1.2, runtime.md, "Lifecycle".
 */
public sealed interface LifecycleStep {

    /** A step that a start has too. */
    record Common(PlanStep step) implements LifecycleStep {}

    /** What a hook reads: the container's state, with the process ID between two parts where it has one. */
    record StateDocument(ByteString beforeProcess, ByteString behindProcess, boolean hasProcess) {}

    /**
     * A program that the bundle wants run.
     *
     * @param arguments from argv[0] on
     * @param timeoutSeconds how long it may take
     */
    record Hook(
            ByteString path,
            List<ByteString> arguments,
            List<ByteString> environment,
            OptionalInt timeoutSeconds,
            String kind) {
        public Hook {
            arguments = List.copyOf(arguments);
            environment = List.copyOf(environment);
        }
    }

    /** Hooks of one moment, and the state that they read. */
    record Hooks(List<Hook> hooks, StateDocument state) {
        public Hooks {
            hooks = List.copyOf(hooks);
        }
    }

    /** The names of what lies in the directory of a container's state. */
    final class StateFiles {
        /** The bundle and what is to be known later. */
        public static final String RECORD = "container.json";

        /** /proc/PID/stat of the container's process, as it was when it was made. */
        public static final String PROCESS = "process";

        /** A fifo on which the container's process waits for one byte. */
        public static final String GATE = "gate";

        /** A fifo that ends when the container's program runs, or before that says why it does not. */
        public static final String ANSWER = "answer";

        /** In the order of removal: what names the container goes last. */
        public static final List<String> ALL = List.of(GATE, ANSWER, PROCESS + ".new", PROCESS, RECORD);

        /** How the container's process calls itself as long as it waits. */
        public static final String WAITING_NAME = "jrun:created";

        private StateFiles() {}
    }

    /**
     * The first step. Makes the processes; all following steps are the container's own. The caller's process removes the
     * state again when one of them fails.
     *
     * @param directory of the state, which exists and holds the record; empty for a process that is added to a container,
     *     which has no state and does not wait to be started
     * @param attached whether the caller's process stays until the container ends, and ends like it; then there is
     *     nothing to wait for before the program runs
     * @param processFile takes the process ID
     * @param controlGroup the file of a control group that takes the process
     * @param runtimeHooks run in the caller's namespaces when those of the container are there
     * @param poststart run by an attached process alone
     * @param poststop run by an attached process, and when making fails
     */
    record MakeContainer(
            Optional<ByteString> directory,
            boolean attached,
            Optional<ByteString> processFile,
            Optional<ByteString> controlGroup,
            List<Hooks> runtimeHooks,
            Hooks poststart,
            Hooks poststop)
            implements LifecycleStep {
        public MakeContainer {
            runtimeHooks = List.copyOf(runtimeHooks);
        }
    }

    /** Who writes the maps of a new user namespace. */
    sealed interface Mapper {
        /** The process itself, which may map only its own ids. */
        record Self() implements Mapper {}

        /** A process in the namespace that it comes from, which has the capabilities. */
        record Privileged() implements Mapper {}

        /** newuidmap(1) and newgidmap(1), at these paths. */
        record Programs(ByteString user, ByteString group) implements Mapper {}
    }

    record IdMaps(List<IdRange> users, List<IdRange> groups, Mapper mapper) {
        public IdMaps {
            users = List.copyOf(users);
            groups = List.copyOf(groups);
        }
    }

    /**
     * Joins namespaces by their paths, makes the others, and becomes uid 0 and gid 0 where the user namespace has them.
     *
     * @param maps of a new user namespace
     */
    record EnterNamespaces(Map<Namespace, ByteString> joined, Set<Namespace> made, Optional<IdMaps> maps)
            implements LifecycleStep {
        public EnterNamespaces {
            joined = Map.copyOf(joined);
            made = Set.copyOf(made);
        }

        boolean has(Namespace namespace) {
            return joined.containsKey(namespace) || made.contains(namespace);
        }
    }

    /** Writes to a file of the host's proc(5). */
    record WriteFile(ByteString path, ByteString content, String what) implements LifecycleStep {}

    /** Source: getrlimit(2); all bits for no limit. */
    record SetLimit(int resource, long soft, long hard, String name) implements LifecycleStep {}

    /**
     * Makes a directory the root to be.
     *
     * @param propagation MS_* of all mounts while the container is made; of its root in the end if {@code lasting}
     * @param parent mount point that the directory lies on, where that one would be shared
     */
    record PrepareRoot(ByteString rootfs, int propagation, Optional<ByteString> parent) implements LifecycleStep {}

    /**
     * A mount as the bundle describes it; its target is made when it is not there.
     *
     * @param set MS_* flags
     * @param cleared MS_* flags that a bind mount is to lose
     * @param recursivelySet MOUNT_ATTR_* of the mount and all below
     * @param propagation MS_* flags, one call each
     * @param file whether the target is a file
     * @param instead a host directory to bind where the kernel does not let the caller mount this type
     */
    record Mount(
            ByteString source,
            ByteString target,
            ByteString type,
            int set,
            int cleared,
            int recursivelySet,
            int recursivelyCleared,
            ByteString data,
            List<Integer> propagation,
            boolean file,
            Optional<ByteString> instead)
            implements LifecycleStep {
        public Mount {
            propagation = List.copyOf(propagation);
        }
    }

    /** @param mode with the type, as in mknod(2) */
    record MakeDevice(ByteString path, int mode, int major, int minor, long uid, long gid) implements LifecycleStep {}

    /** A symbolic link, unless something is there. */
    record MakeLink(ByteString text, ByteString path) implements LifecycleStep {}

    /** Hides a file or directory; nothing when it is not there. */
    record Mask(ByteString path) implements LifecycleStep {}

    /** Makes a path read-only; nothing when it is not there. */
    record Protect(ByteString path) implements LifecycleStep {}

    /** All of the container is mounted: waits until the runtime's hooks have run. */
    record AwaitRuntimeHooks() implements LifecycleStep {}

    /** Runs hooks of the container's process. */
    record RunHooks(Hooks hooks) implements LifecycleStep {}

    /** MS_* propagation of the root, when it is the root. */
    record SetRootPropagation(int propagation) implements LifecycleStep {}

    record SetDomainName(ByteString name) implements LifecycleStep {}

    /** Connects to the socket that is to get the terminal. */
    record ConnectConsole(ByteString socket) implements LifecycleStep {}

    /**
     * A new terminal becomes standard input, output and error.
     *
     * @param first whether it becomes /dev/console too
     */
    record AttachConsole(long uid, int rows, int columns, boolean first) implements LifecycleStep {}

    /** The container is made: lets the command that made it end, and waits for the one that starts it. */
    record AwaitStart() implements LifecycleStep {}

    /**
     * Source: setgroups(2), setresgid(2), setresuid(2).
     *
     * @param groups empty where they must stay as they are
     */
    record SetUser(long uid, long gid, Optional<List<Long>> groups) implements LifecycleStep {}

    /** Each a set of bits; the bounding set is narrowed before the user changes. Source: capabilities(7). */
    record NarrowBounds(long bounding) implements LifecycleStep {}

    record SetCapabilities(long effective, long permitted, long inheritable, long ambient) implements LifecycleStep {}

    record SetUmask(int mask) implements LifecycleStep {}

    /** Source: personality(2). */
    record SetPersonality(int domain) implements LifecycleStep {}

    /** Descriptors from this number on are closed by execve(2). */
    record CloseFrom(int descriptor) implements LifecycleStep {}

    /** Fails when there is no such program, so that the command that makes the container can say so. */
    record FindProgram(RunProgram program) implements LifecycleStep {}

    /** The last step of the container's process. */
    record RunProgram(List<ByteString> arguments, Map<ByteString, ByteString> environment) implements LifecycleStep {
        public RunProgram {
            arguments = List.copyOf(arguments);
        }
    }

    /** What follows happens with the rights of the owner of the state, where the caller is root and he is not. */
    record BecomeOwner(long uid, long gid) implements LifecycleStep {}

    /** Lets a waiting container start, and tells what its process answers. */
    record Release(ByteString directory) implements LifecycleStep {}

    /**
     * kill(2).
     *
     * @param tolerant whether processes that are gone are no failure
     */
    record Signal(List<Long> processes, int signal, boolean tolerant) implements LifecycleStep {
        public Signal {
            processes = List.copyOf(processes);
        }
    }

    /** Kills a process and waits until it is gone. */
    record Kill(long process) implements LifecycleStep {}

    /** Waits until a process of the caller's is gone. */
    record AwaitEnd(long process) implements LifecycleStep {}

    /** Removes a state. */
    record RemoveState(ByteString directory, Optional<ByteString> controlGroup) implements LifecycleStep {}

    /** Hooks whose failure is told and changes nothing. */
    record RunLateHooks(Hooks hooks) implements LifecycleStep {}

    /** Ends with status 0. */
    record End() implements LifecycleStep {}
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One step of a start, carried out in list order by the starter. Host paths are resolved from the caller's root and
 * working directory, container paths from the container's root with {@code openat2(2)} RESOLVE_IN_ROOT.
 */
public sealed interface PlanStep {

    /** Who asked for the step, for {@code --explain}: "default", "option -v /data", "image config", "host". */
    String origin();

    /** Source: namespaces(7). */
    enum Namespace {
        USER,
        MOUNT,
        PID,
        IPC,
        UTS,
        NET,
        CGROUP
    }

    /** How the caller appears inside: as himself, or as uid 0 and gid 0. */
    enum Identity {
        SELF,
        ROOT
    }

    /** What a mount may do less than its source; locked flags of the source are kept in any case. Source: mount(8). */
    enum Restriction {
        READ_ONLY,
        NO_SUID,
        NO_DEVICES,
        NO_EXEC
    }

    /** unshare(2), setgroups "deny", one-line uid_map and gid_map, then every mount made a slave of the host's. */
    record EnterNamespaces(
            Set<Namespace> namespaces, Identity identity, Optional<SubordinateIds> subordinateIds, String origin)
            implements PlanStep {
        public EnterNamespaces {
            namespaces = namespaces.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(namespaces));
        }

        public EnterNamespaces(Set<Namespace> namespaces, Identity identity, String origin) {
            this(namespaces, identity, Optional.empty(), origin);
        }
    }

    /**
     * Maps of more than the caller's own ids, written by newuidmap(1) and newgidmap(1); the caller's own belong into the
     * ranges too.
     *
     * @param userMapper absolute path of newuidmap on the host
     * @param groupMapper absolute path of newgidmap on the host
     */
    record SubordinateIds(ByteString userMapper, List<IdRange> users, ByteString groupMapper, List<IdRange> groups) {
        public SubordinateIds {
            users = List.copyOf(users);
            groups = List.copyOf(groups);
        }
    }

    /** A line of uid_map or gid_map. Source: user_namespaces(7). */
    record IdRange(long inside, long outside, long count) {}

    /**
     * A user namespace in the user namespace in which the caller has his own ids again, for starts that need to be uid 0
     * while mounting. Nothing can be mounted behind it.
     */
    record BecomeCaller(String origin) implements PlanStep {}

    /**
     * Runs a program of the host, waits for it, and ends the start with 125 unless its exit status is 0. Its standard
     * input is empty and its standard output is standard error. It ends when the start ends. It finds the variables that
     * earlier steps set, then {@code variables}, and {@code JRUN_ENVIRON} while an environment file is open. A process
     * that is not uid 0 in its user namespace loses its capabilities with execve(2).
     *
     * @param command the program's absolute path and its arguments
     * @param variables "NAME=value", for this program alone
     * @param what verb and object for the message of a failure: "run the hook /etc/jrun/hooks.d/10-site"
     */
    record RunProgram(List<ByteString> command, List<ByteString> variables, String what, String origin)
            implements PlanStep {
        public RunProgram {
            command = List.copyOf(command);
            variables = List.copyOf(variables);
        }
    }

    /** Makes an empty file in memory to which programs append lines "NAME=value", at the path {@code $JRUN_ENVIRON}. */
    record OpenEnvironmentFile(String origin) implements PlanStep {}

    /** Sets the variables in the environment file, for the payload, and closes it. */
    record MergeEnvironmentFile(String origin) implements PlanStep {}

    /**
     * Makes {@code rootfs} the root. With {@code mountPointLayers} (topmost first; host directories that hold only
     * empty mount points) a read-only overlay of them above {@code rootfs}; without, a recursive bind mount of it. The
     * old root stays reachable for the sources of later steps until {@link LeaveOldRoot}.
     */
    record EnterRoot(ByteString rootfs, List<ByteString> mountPointLayers, String origin) implements PlanStep {
        public EnterRoot {
            mountPointLayers = List.copyOf(mountPointLayers);
        }
    }

    /**
     * Binds a host path on a container path that exists.
     *
     * @param recursive with all mounts below the source, restrictions included
     * @param optional a source that is missing at start leaves the step out instead of failing
     */
    record BindMount(
            ByteString source,
            ByteString target,
            boolean recursive,
            boolean optional,
            Set<Restriction> restrictions,
            String origin)
            implements PlanStep {
        public BindMount {
            restrictions = Set.copyOf(restrictions);
        }
    }

    /** A new tmpfs(5); no size means the kernel's default of half the memory. */
    record MountTmpfs(ByteString target, OptionalLong sizeInBytes, int mode, String origin) implements PlanStep {}

    /** Detaches the host's mount tree; from here on only the container's is reachable. */
    record LeaveOldRoot(String origin) implements PlanStep {}

    /** Remounts the container's root read-only, without the mounts below it. */
    record MakeRootReadOnly(String origin) implements PlanStep {}

    /** Keeps the caller's variables that match one of the globs ("SLURM_*"); all others are dropped. */
    record PassVariables(List<String> globs, String origin) implements PlanStep {
        public PassVariables {
            globs = List.copyOf(globs);
        }
    }

    /** Sets a variable of the payload, replacing what earlier steps set or passed. */
    record SetVariable(ByteString name, ByteString value, String origin) implements PlanStep {}

    /** Copies the caller's value as it is at the moment of the start; nothing when he has none. */
    record CopyVariable(ByteString name, String origin) implements PlanStep {}

    /** chdir(2) inside; {@code create} makes a missing directory where the root can be written. */
    record ChangeDirectory(ByteString directory, boolean create, String origin) implements PlanStep {}

    /** A seccomp filter that answers calls changing ownership and ids with success. Source: seccomp(2). */
    record FakeOwnership(String origin) implements PlanStep {}

    /** Empties the ambient, bounding, inheritable, permitted and effective sets. Source: capabilities(7). */
    record DropCapabilities(String origin) implements PlanStep {}

    /** prctl(2) PR_SET_NO_NEW_PRIVS. */
    record ForbidNewPrivileges(String origin) implements PlanStep {}

    /**
     * execve(2) of {@code entrypoint} followed by the caller's arguments, or by {@code defaultArguments} when he gave
     * none. The program is looked up in the container's PATH unless it holds a "/".
     */
    record Execute(List<ByteString> entrypoint, List<ByteString> defaultArguments, String origin) implements PlanStep {
        public Execute {
            entrypoint = List.copyOf(entrypoint);
            defaultArguments = List.copyOf(defaultArguments);
        }
    }
}

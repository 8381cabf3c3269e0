package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.Limit;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One step of a start, carried out in list order by the starter. Host paths are resolved from the caller's root and
 * working directory, container paths from the container's root with {@code openat2(2)} RESOLVE_IN_ROOT.
 */
public sealed interface PlanStep {

    /** In the order of the constants: processes that share a container recognise each other by the text of its steps. */
    private static <E extends Enum<E>> Set<E> inOrder(Set<E> constants) {
        return constants.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(constants));
    }

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

    /**
     * How the caller appears inside; an empty id is his own.
     *
     * @param uid of 32 bits
     * @param gid of 32 bits
     */
    record Identity(OptionalLong uid, OptionalLong gid) {
        public static final Identity SELF = new Identity(OptionalLong.empty(), OptionalLong.empty());
        public static final Identity ROOT = new Identity(OptionalLong.of(0), OptionalLong.of(0));

        public boolean isSelf() {
            return uid.isEmpty() && gid.isEmpty();
        }

        boolean isRoot() {
            return uid.isPresent() && uid.getAsLong() == 0 && gid.isPresent() && gid.getAsLong() == 0;
        }

        /** "self", "root" or the ids. */
        @Override
        public String toString() {
            if (isSelf()) {
                return "self";
            }
            return isRoot()
                    ? "root"
                    : id("uid ", uid) + (uid.isPresent() && gid.isPresent() ? " " : "") + id("gid ", gid);
        }

        private static String id(String name, OptionalLong id) {
            return id.isPresent() ? name + id.getAsLong() : "";
        }
    }

    /** What mounts and unmounts below a mount reach its peers. Source: mount_namespaces(7). */
    record Propagation(Kind kind, boolean recursive) {
        /** As mount(8) calls them. */
        public enum Kind {
            PRIVATE,
            SLAVE,
            SHARED,
            UNBINDABLE
        }
    }

    /** Where an overlay writes to. */
    sealed interface OverlayUpper {
        /** A tmpfs(5) that ends with the container; no size means the kernel's default of half the memory. */
        record Memory(OptionalLong sizeInBytes) implements OverlayUpper {}

        /** The directories "upper" and "work" in a host directory, locked as long as the container runs. */
        record Directory(ByteString path) implements OverlayUpper {}
    }

    /** What a mount may do less than its source; locked flags of the source are kept in any case. Source: mount(8). */
    enum Restriction {
        READ_ONLY,
        NO_SUID,
        NO_DEVICES,
        NO_EXEC,
        NO_SYMBOLIC_LINKS
    }

    /**
     * unshare(2), setgroups "deny", one-line uid_map and gid_map, then every mount made a slave of the host's. With a PID namespace the
     * process stays outside and ends as its child does, which becomes the namespace's init and runs the rest of the plan;
     * the payload is a child of that.
     */
    record EnterNamespaces(
            Set<Namespace> namespaces, Identity identity, Optional<SubordinateIds> subordinateIds, String origin)
            implements PlanStep {
        public EnterNamespaces {
            namespaces = inOrder(namespaces);
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
     * Mounts a squashfs image file with squashfuse, right behind {@link EnterNamespaces} or another one. The helper belongs to the user
     * namespace alone; the kernel ends it with the last process in the mount namespace.
     *
     * @param image absolute host path
     * @param mountPoint a directory of the host; the image shows there in the mount namespace only
     * @param program absolute path of squashfuse_ll or squashfuse
     * @param offset of the image in its file, 0 where that is nothing but the image
     */
    record MountImage(
            ByteString image, ByteString mountPoint, ByteString program, long offset, Paths paths, String origin)
            implements PlanStep {

        /** What image and program are. */
        public enum Paths {
            GIVEN,
            /** Each names the variable that holds the path. */
            IN_VARIABLES
        }

        public MountImage(ByteString image, ByteString mountPoint, ByteString program, String origin) {
            this(image, mountPoint, program, 0, Paths.GIVEN, origin);
        }
    }

    /**
     * Shows an image file on a container path. What launches the plan turns it into a {@link MountImage} and a
     * {@link BindMount}: only it knows where images can be mounted and by which program.
     *
     * @param image absolute host path
     */
    record MountSquashfs(ByteString image, ByteString target, Set<Restriction> restrictions, String origin)
            implements PlanStep {
        public MountSquashfs {
            restrictions = Set.copyOf(restrictions);
        }
    }

    /**
     * Mounts a tmpfs on a host directory and writes files into it, in front of {@link EnterRoot}.
     *
     * @param caller whose line comes first, with the name that the variable {@code JRUN_BUNDLE_USER} holds
     */
    record WriteAccounts(
            ByteString directory, Optional<Identity> caller, List<PlannedStart.SideFile> files, String origin)
            implements PlanStep {
        public WriteAccounts {
            files = List.copyOf(files);
        }
    }

    /** Sets USER and LOGNAME to what the variable {@code JRUN_BUNDLE_USER} holds. */
    record NameCaller(String origin) implements PlanStep {}

    /** Sets what the variable {@code JRUN_BUNDLE_ENV} holds, lines "NAME=value". */
    record SetGivenVariables(String origin) implements PlanStep {}

    /**
     * Binds what the variables {@code JRUN_BUNDLE_SOURCE_N} name on the container paths {@code JRUN_BUNDLE_TARGET_N}, with
     * all that is mounted below; read-only when there is {@code JRUN_BUNDLE_READ_ONLY_N}. N counts from 0 to the first
     * that is not set.
     */
    record BindGivenMounts(String origin) implements PlanStep {

        /** As many as the program takes that bundles begin with. */
        public static final int MAX = 16;
    }

    /**
     * Before {@link EnterNamespaces}: processes that start with equal {@code group} and equal key share one set of
     * namespaces. The first makes it; the others enter it and go on behind {@link OfferNamespaces}. They find each other
     * through a file below {@code $XDG_RUNTIME_DIR/jrun} or {@code /tmp/jrun-UID}.
     *
     * @param namespaces all that are shared; neither PID nor none
     * @param group of starts that can share: the same on all that make the same namespaces and mounts
     * @param key fixed; empty for one from the caller's variables: the Slurm step, else the parent process
     * @param count of processes that share; when the last one has come the file is removed
     */
    record JoinNamespaces(
            Set<Namespace> namespaces, String group, Optional<ByteString> key, OptionalInt count, String origin)
            implements PlanStep {
        public JoinNamespaces {
            namespaces = inOrder(namespaces);
        }
    }

    /** The namespaces are as they are to be: lets those in that wait. */
    record OfferNamespaces(String origin) implements PlanStep {}

    /**
     * Enters namespaces of a running process, in place of {@link EnterNamespaces} and all mounts.
     *
     * @param process its ID here
     * @param mountNamespace inode number of its mount namespace; another one means that the process has ended
     */
    record EnterProcess(long process, long mountNamespace, Set<Namespace> namespaces, String origin)
            implements PlanStep {
        public EnterProcess {
            namespaces = inOrder(namespaces);
        }
    }

    /**
     * Before anything else but {@link MarkProcess}: the payload gets a cgroup of its own and runs in it from its first
     * instruction on. The present process stays, hands on signals, tells of processes that were killed for want of memory,
     * kills what is left when the payload ends, and removes the cgroup. Where it dies itself, a guard does that.
     *
     * @param limits written in this order before any process is in the cgroup
     * @param whole whether what mounts and makes namespaces is in the cgroup too, as a cgroup namespace needs
     */
    record EnterCgroup(CgroupPlace place, List<Limit> limits, boolean whole, String origin) implements PlanStep {
        public EnterCgroup {
            limits = List.copyOf(limits);
        }
    }

    /** Names the UTS namespace. */
    record SetHostName(ByteString name, String origin) implements PlanStep {}

    /** Sets the loopback interface of the network namespace up. */
    record RaiseLoopback(String origin) implements PlanStep {}

    /** Before all others: what {@link TellCost} tells counts from here. */
    record StartClock(String origin) implements PlanStep {}

    /**
     * Writes a line to standard error: what was done so far, and the microseconds that it took.
     *
     * @param text in front of the number
     */
    record TellCost(ByteString text, String origin) implements PlanStep {}

    /**
     * A file system that shows a namespace of the container's own: proc(5) for PID, mqueue for IPC, and for CGROUP
     * cgroup2, read-only. Where the kernel refuses a new proc, the host's shows there, which is said on standard error.
     */
    record ShowNamespace(Namespace namespace, ByteString target, String origin) implements PlanStep {}

    /**
     * Sets JRUN_CONTAINER to {@code container} and JRUN_PID to the process ID on the host: by them others find the
     * container while it runs.
     */
    record MarkProcess(ByteString container, String origin) implements PlanStep {}

    /**
     * A user namespace in the user namespace in which the caller appears as he is to appear, for starts that need to be
     * uid 0 while mounting. Nothing can be mounted behind it.
     */
    record BecomeCaller(Identity identity, String origin) implements PlanStep {}

    /**
     * Runs a program of the host, waits for it, and ends the start with 125 unless its exit status is 0. Its standard
     * input is empty and its standard output is standard error. It ends when the start ends. It finds the variables that
     * earlier steps set, {@code JRUN_PID} of the start, {@code variables}, and {@code JRUN_ENVIRON} while an environment file is open. A process
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

    /** Makes an empty file in memory to which programs append lines of fstab(5), at the path {@code $JRUN_MOUNTS}. */
    record OpenMountFile(String origin) implements PlanStep {}

    /**
     * Mounts what the lines in that file ask for, inside the root to be, and closes it.
     *
     * @param makesPoints whether places that the root lacks are made in it
     */
    record MountLines(boolean makesPoints, String origin) implements PlanStep {}

    /** Sets the variables in the environment file, for the payload, and closes it. */
    record MergeEnvironmentFile(String origin) implements PlanStep {}

    /**
     * Makes {@code rootfs} the root. With {@code mountPointLayers} (topmost first; host directories that hold only
     * empty mount points) or an upper layer it is an overlay of them above {@code rootfs}, read-only without an upper
     * layer; with neither, a recursive bind mount of it. The old root stays reachable for the sources of later steps until
     * {@link LeaveOldRoot}.
     */
    record EnterRoot(ByteString rootfs, List<ByteString> mountPointLayers, Optional<OverlayUpper> upper, String origin)
            implements PlanStep {
        public EnterRoot {
            mountPointLayers = List.copyOf(mountPointLayers);
        }

        /** A root that is as it is. */
        public EnterRoot(ByteString rootfs, List<ByteString> mountPointLayers, String origin) {
            this(rootfs, mountPointLayers, Optional.empty(), origin);
        }
    }

    /**
     * Binds a host path on a container path that exists.
     *
     * @param recursive with all mounts below the source, restrictions included
     * @param optional a source that is missing at start leaves the step out instead of failing
     * @param propagation empty to leave it a slave of the host's
     */
    record BindMount(
            ByteString source,
            ByteString target,
            boolean recursive,
            boolean optional,
            Set<Restriction> restrictions,
            Optional<Propagation> propagation,
            String origin)
            implements PlanStep {
        public BindMount {
            restrictions = inOrder(restrictions);
        }

        /** A mount that stays a slave of the host's. */
        public BindMount(
                ByteString source,
                ByteString target,
                boolean recursive,
                boolean optional,
                Set<Restriction> restrictions,
                String origin) {
            this(source, target, recursive, optional, restrictions, Optional.empty(), origin);
        }
    }

    /**
     * Something that is there without a step of its own, and that somebody who reads a plan wants to see: the host's /dev
     * shows a device, and links lie in the plan's files.
     *
     * @param what "device", "library", "link"
     * @param path inside
     * @param source what is there: a host path, or the text of a link
     */
    record Shown(String what, ByteString path, ByteString source, String origin) implements PlanStep {}

    /** A new tmpfs(5); no size means the kernel's default of half the memory. */
    record MountTmpfs(
            ByteString target, OptionalLong sizeInBytes, int mode, Set<Restriction> restrictions, String origin)
            implements PlanStep {
        public MountTmpfs {
            restrictions = inOrder(restrictions);
        }

        /** One on which programs may be run. */
        public MountTmpfs(ByteString target, OptionalLong sizeInBytes, int mode, String origin) {
            this(target, sizeInBytes, mode, Set.of(), origin);
        }
    }

    /**
     * An overlay of host directories.
     *
     * @param lower topmost first
     * @param upper empty for a read-only one, which takes two lower directories
     */
    record MountOverlay(ByteString target, List<ByteString> lower, Optional<OverlayUpper> upper, String origin)
            implements PlanStep {
        public MountOverlay {
            lower = List.copyOf(lower);
        }
    }

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

    /** Forgets what earlier steps set or passed under names that match one of the globs. */
    record DropVariables(List<String> globs, String origin) implements PlanStep {
        public DropVariables {
            globs = List.copyOf(globs);
        }
    }

    /** HOME is the caller's own where the container has that directory. */
    record HomeOfCaller(String origin) implements PlanStep {}

    /** Sets a variable of the payload, replacing what earlier steps set or passed. */
    record SetVariable(ByteString name, ByteString value, String origin) implements PlanStep {}

    /** Copies the caller's value as it is at the moment of the start; nothing when he has none. */
    record CopyVariable(ByteString name, String origin) implements PlanStep {}

    /** Sets what the caller's step of Slurm implies; nothing outside of a step, or where he has a variable of that name. */
    record StepVariable(ByteString name, StepValue value, String origin) implements PlanStep {}

    /** What a {@link StepVariable} is made of, at the moment of the start. */
    sealed interface StepValue {

        /** The number in another of the caller's variables; nothing where there is none. */
        record Copied(ByteString variable) implements StepValue {}

        record Text(ByteString text) implements StepValue {}

        enum Derived implements StepValue {
            /** Above those that Linux gives to connections, and the same for all tasks: from the job's and the step's number. */
            PORT,
            /** 1 where the step has more tasks than nodes, else nothing. */
            ONE_THREAD
        }
    }

    /** chdir(2) inside; {@code create} makes a missing directory where the root can be written. */
    record ChangeDirectory(ByteString directory, boolean create, String origin) implements PlanStep {}

    /** A seccomp filter that answers calls changing ownership and ids with success. Source: seccomp(2). */
    record FakeOwnership(String origin) implements PlanStep {}

    /**
     * A seccomp filter of the caller's.
     *
     * @param profile the file it was compiled from
     * @param flags of SECCOMP_SET_MODE_FILTER
     * @param program {@code struct sock_filter}s as the kernel reads them, each as one little-endian number
     */
    record InstallFilter(ByteString profile, int flags, List<Long> program, String origin) implements PlanStep {
        public InstallFilter {
            program = List.copyOf(program);
        }
    }

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

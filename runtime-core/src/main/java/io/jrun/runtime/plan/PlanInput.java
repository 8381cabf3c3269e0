package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileStatus;
import java.util.List;
import java.util.Optional;

/** One fact that a plan was compiled from. The starter checks all of them before it runs a cached plan. */
public sealed interface PlanInput {

    /** stat(2) of a host path, following symbolic links; empty when nothing is there, which must then still hold. */
    record File(ByteString path, Optional<FileIdentity> identity) implements PlanInput {

        /** A path as it was found. */
        public static File of(ByteString path, FileStatus status) {
            return new File(
                    path,
                    status.kind().isPresent()
                            ? Optional.of(new FileIdentity(
                                    status.device(),
                                    status.inode(),
                                    status.sizeInBytes(),
                                    status.mtimeSeconds(),
                                    status.mtimeNanos(),
                                    status.mode()))
                            : Optional.empty());
        }
    }

    /** A file or directory that is there, whatever is in it: a mount point, or a directory to start in. */
    record Presence(ByteString path, PlannedStart.PointKind kind) implements PlanInput {}

    /** @param device as the C library packs major and minor, makedev(3) */
    record FileIdentity(long device, long inode, long sizeInBytes, long mtimeSeconds, int mtimeNanos, int mode) {}

    /** A variable of the caller's environment; empty when it was not set. */
    record Variable(ByteString name, Optional<ByteString> value) implements PlanInput {}

    /** A variable of the caller's that is unset or names a path at or below a directory. */
    record VariableBelow(ByteString name, ByteString directory) implements PlanInput {}

    /** Effective ids and supplementary groups, in the order of getgroups(2). */
    record Credentials(long uid, long gid, List<Long> groups) implements PlanInput {
        public Credentials {
            groups = List.copyOf(groups);
        }
    }

    /** The caller's working directory, for plans with host paths made absolute from it. */
    record WorkingDirectory(ByteString path) implements PlanInput {}

    /** uname(2) release: which fallbacks a plan needs depends on it. */
    record KernelRelease(ByteString release) implements PlanInput {}

    /** A variable that is set to something, whatever it is: ranks of a job differ in it. */
    record VariableSet(ByteString name) implements PlanInput {}

    /** All that a small file of the kernel's holds, whose times and size tell nothing; at most 4095 bytes. */
    record Content(ByteString path, ByteString content) implements PlanInput {}

    /** The names in a directory of the kernel's, in any order. */
    record Names(ByteString directory, List<ByteString> names) implements PlanInput {
        public Names {
            names = List.copyOf(names);
        }
    }

    /**
     * What access(2) answers for device nodes.
     *
     * @param writing else only reading is asked for
     * @param granted whether at least one of them grants it
     */
    record Access(List<ByteString> paths, boolean writing, boolean granted) implements PlanInput {
        public Access {
            paths = List.copyOf(paths);
        }
    }
}

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
}

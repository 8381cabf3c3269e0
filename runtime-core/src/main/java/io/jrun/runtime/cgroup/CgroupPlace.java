package io.jrun.runtime.cgroup;

import io.jrun.posix.ByteString;

/** Where the payload's cgroup is made. */
public sealed interface CgroupPlace {

    /**
     * Below an existing cgroup.
     *
     * @param path absolute host path
     */
    record Directory(ByteString path) implements CgroupPlace {}

    /**
     * Below a transient scope that the user's systemd makes and removes.
     *
     * @param bus socket of the user's message bus
     * @param hierarchy where the cgroup file system is mounted
     */
    record Scope(ByteString bus, ByteString hierarchy) implements CgroupPlace {}
}

package io.jrun.runtime.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The files of a host with cgroups, in a directory, and which of them the caller may write. */
final class HostTree {

    static final int UID = 2000;
    static final String MANAGER = "user.slice/user-2000.slice/user@2000.service";

    final Path root;
    private final Set<Path> writable = new HashSet<>();

    HostTree(Path root) throws IOException {
        this.root = root;
        mounts("25 1 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate");
        cgroup("", "cpuset cpu io memory pids", "1");
    }

    void mounts(String... lines) throws IOException {
        write("proc/self/mountinfo", String.join("\n", lines) + "\n");
    }

    /** Where the caller is. */
    void own(String group) throws IOException {
        write("proc/self/cgroup", "0::/" + group + "\n");
    }

    Path cgroup(String group, String controllers, String processes) throws IOException {
        Path path = path(group);
        Files.createDirectories(path);
        Files.writeString(path.resolve("cgroup.controllers"), controllers + "\n");
        Files.writeString(path.resolve("cgroup.subtree_control"), "\n");
        Files.writeString(path.resolve("cgroup.procs"), processes.isEmpty() ? "" : processes + "\n");
        return path;
    }

    Path path(String group) {
        return root.resolve("sys/fs/cgroup").resolve(group);
    }

    void give(String group) {
        writable.add(path(group));
        writable.add(path(group).resolve("cgroup.procs"));
    }

    void write(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** A login session with a systemd of the caller's. */
    void session() throws IOException {
        cgroup("user.slice/user-2000.slice/session-1.scope", "cpu memory pids", "17");
        own("user.slice/user-2000.slice/session-1.scope");
        cgroup(MANAGER, "cpu memory pids", "");
        give(MANAGER);
        write("run/user/2000/bus", "");
    }

    PlaceFinder finder(String... job) throws IOException {
        return new PlaceFinder(
                Hierarchy.read(root, "self"),
                new PlaceFinder.Caller(
                        UID, Optional.empty(), List.of(job).stream().findFirst()),
                root,
                writable::contains);
    }
}

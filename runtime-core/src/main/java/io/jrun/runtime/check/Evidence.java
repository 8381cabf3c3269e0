package io.jrun.runtime.check;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What was found on a host, before anybody judges it.
 *
 * @param start a container started whose command does not exist: it worked if that is all that the starter found wrong
 * @param subordinateIds the same with ids that an administrator gave to the caller
 */
public record Evidence(
        Kernel kernel,
        Trial start,
        Trial subordinateIds,
        Map<String, Overlay> overlays,
        Fuse fuse,
        List<Place> places,
        RuntimeDirectory runtimeDirectory,
        Cgroup cgroup,
        List<Devices> devices,
        Specs specs,
        Job job,
        JavaRuntime java) {

    public Evidence {
        overlays = Collections.unmodifiableMap(new LinkedHashMap<>(overlays));
        places = List.copyOf(places);
        devices = List.copyOf(devices);
    }

    /**
     * @param userNamespaces whether the kernel is built with them
     * @param sysctls those that are there, by their name with dots
     * @param container the engine of the container that jrun itself runs in
     * @param filtered whether a seccomp filter holds this process
     * @param selinuxEnforcing whether SELinux refuses what its policy does not name
     */
    public record Kernel(
            String release,
            long uid,
            boolean userNamespaces,
            Map<String, String> sysctls,
            Optional<String> container,
            boolean filtered,
            boolean selinuxEnforcing) {
        public Kernel {
            sysctls = Map.copyOf(sysctls);
        }

        boolean isSet(String sysctl, String value) {
            return value.equals(sysctls.get(sysctl));
        }
    }

    /** An overlay whose upper layer lay in {@code directory}. */
    public record Overlay(Path directory, String fileSystem, Trial trial) {}

    /**
     * @param helper squashfuse_ll or squashfuse, the first of them in PATH
     * @param device a mount of /dev/fuse in a user namespace
     */
    public record Fuse(Optional<Path> helper, Trial device) {}

    /**
     * A directory that jrun or its users write to.
     *
     * @param key "data", "cache", "home", "tmp", "shm"
     * @param path empty where no variable tells
     * @param writing a file written, in the nearest directory above if this one is still to be made
     * @param options of the mount, as proc_pid_mountinfo(5) lists them
     */
    public record Place(
            String key, Optional<Path> path, Trial writing, String fileSystem, Set<String> options, long freeBytes) {
        public Place {
            options = Set.copyOf(options);
        }
    }

    /**
     * @param path the value of XDG_RUNTIME_DIR
     * @param trouble why it cannot be used
     */
    public record RuntimeDirectory(Optional<Path> path, Optional<String> trouble) {}

    /**
     * @param unified whether version 2 is mounted
     * @param place where a start would make a container's group
     * @param settable controllers by which a start can limit a container
     * @param missing the others
     * @param obstacle why, of the first of them
     * @param held in a job, what its scheduler limits
     */
    public record Cgroup(
            boolean unified,
            String place,
            List<String> settable,
            List<String> missing,
            String obstacle,
            List<String> held) {
        public Cgroup {
            settable = List.copyOf(settable);
            missing = List.copyOf(missing);
            held = List.copyOf(held);
        }
    }

    /**
     * @param devices that CDI specs describe
     * @param failures what is wrong with specs
     */
    public record Specs(List<String> devices, List<String> failures) {
        public Specs {
            devices = List.copyOf(devices);
            failures = List.copyOf(failures);
        }
    }

    /**
     * The device nodes of one maker.
     *
     * @param driver whether the kernel drives such a device, node or not
     * @param refused nodes that this user may not open for reading and writing
     * @param absent nodes that belong to the others and are not there
     */
    public record Devices(
            String key, String subject, boolean driver, List<Path> nodes, List<Path> refused, List<Path> absent) {
        public Devices {
            nodes = List.copyOf(nodes);
            refused = List.copyOf(refused);
            absent = List.copyOf(absent);
        }
    }

    /**
     * @param installed whether the node has Slurm's programs
     * @param plugin whether this jrun brings the plugin for them
     */
    public record Job(boolean installed, boolean plugin, Optional<String> id, Optional<String> step) {}

    /** @param archiveUsed whether this JVM runs with our class-data archive */
    public record JavaRuntime(String version, Path home, boolean archiveThere, boolean archiveUsed) {}
}

package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * The control group of a container, in the unified hierarchy alone.
 *
 * @param directory below {@link #MOUNT}
 * @param settings files of the group and what is to be written to them; none when the bundle limits nothing
 */
record ControlGroup(Path directory, Map<String, String> settings) {

    static final Path MOUNT = Path.of("/sys/fs/cgroup");

    private static final List<String> UNSUPPORTED = List.of("blockIO", "hugepageLimits", "network", "rdma");
    private static final Set<String> MEMORY =
            Set.of("limit", "reservation", "swap", "disableOOMKiller", "useHierarchy");
    private static final Set<String> CPU = Set.of("shares", "quota", "period", "cpus", "mems", "idle", "burst");

    ControlGroup {
        settings = Map.copyOf(settings);
    }

    /**
     * Empty when the bundle asks for nothing that takes a group.
     *
     * @throws HostUnsupportedException when it limits what cannot be limited here
     */
    static Optional<ControlGroup> of(ConfigNode linux, String id, RuntimeFacts facts) throws JrunException {
        ConfigNode resources = linux.object("resources");
        Map<String, String> settings = settings(resources);
        Optional<String> path = linux.string("cgroupsPath");
        if (facts.controlGroup().isEmpty()) {
            if (!settings.isEmpty()) {
                throw refuse(settings, "this host has not the unified hierarchy of control groups (ENOTSUP)");
            }
            return Optional.empty();
        }
        if (settings.isEmpty() && path.isEmpty()) {
            return Optional.empty();
        }
        String name = path.orElse("jrun-" + id);
        if (name.contains(":") && !name.startsWith("/")) {
            if (!settings.isEmpty()) {
                throw linux.required("cgroupsPath").unsupported("groups of systemd are not supported");
            }
            return Optional.empty();
        }
        String own = facts.controlGroup().get();
        String full = name.startsWith("/") ? name : own + "/" + name;
        Path directory = MOUNT.resolve("." + full).normalize();
        if (!directory.startsWith(MOUNT)) {
            throw linux.required("cgroupsPath").malformed("a path out of the hierarchy");
        }
        return Optional.of(new ControlGroup(directory, settings));
    }

    private static Map<String, String> settings(ConfigNode resources) throws JrunException {
        for (String key : UNSUPPORTED) {
            Optional<ConfigNode> member = resources.member(key);
            if (member.isPresent() && member.get().isDemand()) {
                throw member.get().unsupported("this limit is not supported");
            }
        }
        Map<String, String> settings = new LinkedHashMap<>();
        addMemory(resources.object("memory"), settings);
        addCpu(resources.object("cpu"), settings);
        OptionalLong processes = resources.object("pids").integer("limit");
        if (processes.isPresent() && processes.getAsLong() > 0) {
            settings.put("pids.max", Long.toString(processes.getAsLong()));
        }
        settings.putAll(resources.stringMap("unified"));
        return settings;
    }

    private static void addMemory(ConfigNode memory, Map<String, String> settings) throws JrunException {
        refuseOthers(memory, MEMORY);
        if (memory.flag("disableOOMKiller")) {
            throw memory.required("disableOOMKiller").unsupported("the unified hierarchy has no such switch");
        }
        long limit = memory.integer("limit").orElse(-1);
        long swap = memory.integer("swap").orElse(-1);
        long reservation = memory.integer("reservation").orElse(-1);
        if (limit > 0) {
            settings.put("memory.max", Long.toString(limit));
        }
        if (reservation > 0) {
            settings.put("memory.low", Long.toString(reservation));
        }
        if (swap > 0 && limit > 0) {
            if (swap < limit) {
                throw memory.required("swap").malformed("less than the limit, which it holds");
            }
            settings.put("memory.swap.max", Long.toString(swap - limit)); // there it counts both: config-linux.md
        }
    }

    private static void addCpu(ConfigNode cpu, Map<String, String> settings) throws JrunException {
        refuseOthers(cpu, CPU);
        long shares = cpu.integer("shares").orElse(0);
        long quota = cpu.integer("quota").orElse(0);
        long period = cpu.integer("period").orElse(0);
        if (shares > 0) {
            // 2 to 262144 becomes 1 to 10000, as the kernel's cgroup-v2 document and all runtimes have it.
            settings.put("cpu.weight", Long.toString(1 + (Math.max(shares, 2) - 2) * 9999 / 262142));
        }
        if (quota > 0 || period > 0) {
            settings.put("cpu.max", (quota > 0 ? Long.toString(quota) : "max") + " " + (period > 0 ? period : 100000));
        }
        addText(cpu, "cpus", "cpuset.cpus", settings);
        addText(cpu, "mems", "cpuset.mems", settings);
        if (cpu.integer("idle").orElse(0) != 0) {
            settings.put("cpu.idle", "1");
        }
        if (cpu.integer("burst").orElse(0) > 0) {
            settings.put("cpu.max.burst", Long.toString(cpu.integer("burst").orElse(0)));
        }
    }

    private static void addText(ConfigNode node, String key, String file, Map<String, String> settings)
            throws CorruptDataException {
        String text = node.string(key).orElse("");
        if (!text.isEmpty()) {
            settings.put(file, text);
        }
    }

    private static void refuseOthers(ConfigNode node, Set<String> known) throws JrunException {
        for (String key : node.keys()) {
            Optional<ConfigNode> member = known.contains(key) ? Optional.empty() : node.member(key);
            if (member.isPresent() && member.get().isDemand() && !key.equals("checkBeforeUpdate")) {
                throw member.get().unsupported("this limit is not supported");
            }
        }
    }

    /** Makes it; false when it cannot be made and nothing is lost by that. */
    boolean make() throws HostUnsupportedException {
        try {
            enableControllers();
            Files.createDirectories(directory);
            for (Map.Entry<String, String> each : settings.entrySet()) {
                write(directory.resolve(each.getKey()), each.getValue());
            }
            return Files.isWritable(directory.resolve("cgroup.procs"));
        } catch (FileAlreadyExistsException e) {
            throw new IllegalStateException(directory + " is no directory", e);
        } catch (IOException e) {
            if (settings.isEmpty()) {
                return false;
            }
            throw refuse(settings, "the caller may not write " + e.getMessage() + " (EACCES)");
        }
    }

    /** What the parent does not let through the group will not have, which its own files then tell. */
    private void enableControllers() {
        Set<String> controllers = new TreeSet<>();
        for (String file : settings.keySet()) {
            controllers.add(file.substring(0, file.indexOf('.') < 0 ? file.length() : file.indexOf('.')));
        }
        controllers.forEach(this::enable);
    }

    private boolean enable(String controller) {
        try {
            write(directory.resolveSibling("cgroup.subtree_control"), "+" + controller);
            return true;
        } catch (IOException toldByTheFileThatIsMissing) {
            return false;
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.write(file, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
    }

    private static HostUnsupportedException refuse(Map<String, String> settings, String why) {
        return new HostUnsupportedException(
                Failure.of("set " + String.join(", ", new TreeSet<>(settings.keySet())), why)
                        .hint("take linux.resources out of config.json, or run it where control groups are delegated"));
    }
}

package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** {@code linux.resources} as files of a control group of version 2. Source: config-linux.md, "Control groups". */
final class ResourceSettings {

    private static final List<String> UNSUPPORTED = List.of("blockIO", "hugepageLimits", "network", "rdma");
    private static final Set<String> MEMORY =
            Set.of("limit", "reservation", "swap", "disableOOMKiller", "useHierarchy");
    private static final Set<String> CPU = Set.of("shares", "quota", "period", "cpus", "mems", "idle", "burst");

    private static final String FILE = "[a-z0-9_]+(\\.[A-Za-z0-9_]+)+";

    private ResourceSettings() {}

    /** What is to be written to which file. */
    static Map<String, String> of(ConfigNode resources) throws JrunException {
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
        for (Map.Entry<String, String> each : resources.stringMap("unified").entrySet()) {
            if (!each.getKey().matches(FILE)) {
                throw resources.object("unified").malformed("with \"" + each.getKey() + "\", no file of a group");
            }
            settings.put(each.getKey(), each.getValue());
        }
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
}

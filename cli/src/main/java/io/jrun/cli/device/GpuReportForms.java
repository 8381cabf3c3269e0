package io.jrun.cli.device;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonNull;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.FabricNode;
import io.jrun.runtime.device.Gpu;
import io.jrun.runtime.device.GpuCompiler;
import io.jrun.runtime.device.MigInstance;
import io.jrun.runtime.host.HostTree.Opening;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Prints what is known about GPUs. */
final class GpuReportForms {

    private static final String FABRIC_LINE = "%-34s  %-33s  %s";

    private GpuReportForms() {}

    static String text(GpuReport report) {
        List<String> lines = new ArrayList<>();
        Map<Gpu, Integer> indices = GpuCompiler.indices(report.inventory());
        lines.add("NVIDIA driver: " + report.inventory().nvidiaDriver().orElse("none found"));
        lines.add("");
        if (report.inventory().gpus().isEmpty()) {
            lines.add("No GPU: looked into /proc/driver/nvidia, /dev/nvidia*, /dev/kfd and /sys/class/drm.");
        } else {
            lines.add(line("INDEX", "PCI ADDRESS", "UUID", "MODEL", "THIS JOB"));
        }
        for (Gpu gpu : report.inventory().gpus()) {
            lines.add(
                    line(index(indices, gpu), gpu.busId(), gpu.uuid().orElse("-"), gpu.model(), access(gpu.opening())));
            for (MigInstance instance : gpu.instances()) {
                lines.add(line(
                        index(indices, gpu) + ":" + instance.index(),
                        "  MIG",
                        "gi " + instance.gpuInstance() + " ci " + instance.computeInstance(),
                        "",
                        access(instance.opening())));
            }
        }
        addFabrics(lines, report);
        lines.add("");
        lines.add("A start would give, by " + report.wish().origin() + ":");
        report.failure().ifPresent(text -> lines.add("  it would fail: " + text.replace("\n", "\n  ")));
        report.given().ifPresent(set -> addSet(lines, set));
        if (!report.specified().isEmpty() || !report.unusable().isEmpty()) {
            lines.add("");
            lines.add("CDI devices:");
            report.specified().forEach((name, file) -> lines.add("  " + name + "  (" + file + ")"));
            report.unusable().forEach(text -> lines.add("  " + text.replace("\n", "\n  ")));
        }
        return String.join("\n", lines);
    }

    private static void addFabrics(List<String> lines, GpuReport report) {
        if (!report.fabrics().isEmpty()) {
            lines.add("");
            lines.add(String.format(Locale.ROOT, FABRIC_LINE, "FAST NETWORKS, OTHER ACCELERATORS", "", "THIS JOB")
                    .stripTrailing());
        }
        report.fabrics()
                .forEach(node -> lines.add(
                        String.format(Locale.ROOT, FABRIC_LINE, node.path(), node.family(), access(node.opening()))));
    }

    private static void addSet(List<String> lines, DeviceSet set) {
        if (set.isEmpty()) {
            lines.add("  nothing");
        }
        set.nodes().forEach(node -> lines.add("  " + node.path() + "  (" + node.reason() + ")"));
        set.binds().forEach(bind -> lines.add("  " + bind.path() + "  (" + bind.reason() + ")"));
        set.variables()
                .forEach(variable -> lines.add("  " + variable.name()
                        + variable.value().map(value -> "=" + value).orElse(" taken away") + "  ("
                        + variable.reason() + ")"));
        set.notes()
                .forEach(note -> lines.add("  " + note.weight().name().toLowerCase(Locale.ROOT) + ": " + note.text()));
    }

    private static String index(Map<Gpu, Integer> indices, Gpu gpu) {
        return indices.containsKey(gpu) ? String.valueOf(indices.get(gpu)) : "-";
    }

    private static String access(Opening opening) {
        return opening.refusal().map(why -> "no: " + why).orElse("yes");
    }

    private static String line(String index, String busId, String uuid, String model, String access) {
        return String.format(Locale.ROOT, "%-6s  %-16s  %-40s  %-24s  %s", index, busId, uuid, model, access)
                .stripTrailing();
    }

    static JsonValue json(GpuReport report) {
        Map<Gpu, Integer> indices = GpuCompiler.indices(report.inventory());
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("nvidiaDriver", optional(report.inventory().nvidiaDriver()));
        members.put(
                "gpus",
                new JsonArray(report.inventory().gpus().stream()
                        .map(gpu -> gpu(gpu, Optional.ofNullable(indices.get(gpu))))
                        .toList()));
        members.put(
                "fabrics",
                new JsonArray(
                        report.fabrics().stream().map(GpuReportForms::fabric).toList()));
        members.put("origin", JsonValue.of(report.wish().origin()));
        members.put("failure", optional(report.failure()));
        members.put("given", report.given().map(GpuReportForms::set).orElse(new JsonNull()));
        Map<String, JsonValue> specified = new LinkedHashMap<>();
        report.specified().forEach((name, file) -> specified.put(name, JsonValue.of(file)));
        members.put("cdiDevices", new JsonObject(specified));
        members.put("cdiFailures", JsonValue.ofStrings(report.unusable()));
        return new JsonObject(members);
    }

    private static JsonValue gpu(Gpu gpu, Optional<Integer> index) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("index", index.map(JsonValue::of).orElse(new JsonNull()));
        members.put("vendor", JsonValue.of(gpu.vendor().label()));
        members.put("pciAddress", JsonValue.of(gpu.busId()));
        members.put("uuid", optional(gpu.uuid()));
        members.put("model", JsonValue.of(gpu.model()));
        members.put("nodes", JsonValue.ofStrings(gpu.nodes()));
        members.put("usable", JsonValue.of(gpu.isUsable()));
        members.put("refusal", optional(gpu.opening().refusal()));
        members.put(
                "mig",
                new JsonArray(
                        gpu.instances().stream().map(GpuReportForms::instance).toList()));
        return new JsonObject(members);
    }

    private static JsonValue fabric(FabricNode node) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("path", JsonValue.of(node.path()));
        members.put("family", JsonValue.of(node.family()));
        members.put("usable", JsonValue.of(node.opening().isGranted()));
        members.put("refusal", optional(node.opening().refusal()));
        return new JsonObject(members);
    }

    private static JsonValue instance(MigInstance instance) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("index", JsonValue.of(instance.index()));
        members.put("gpuInstance", JsonValue.of(instance.gpuInstance()));
        members.put("computeInstance", JsonValue.of(instance.computeInstance()));
        members.put("nodes", JsonValue.ofStrings(instance.nodes()));
        members.put("usable", JsonValue.of(instance.opening().isGranted()));
        members.put("refusal", optional(instance.opening().refusal()));
        return new JsonObject(members);
    }

    private static JsonValue set(DeviceSet set) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put(
                "nodes",
                new JsonArray(set.nodes().stream()
                        .map(node -> item(node.hostPath(), node.path(), node.reason()))
                        .toList()));
        members.put(
                "files",
                new JsonArray(set.binds().stream()
                        .map(bind -> item(bind.hostPath(), bind.path(), bind.reason()))
                        .toList()));
        members.put(
                "links",
                new JsonArray(set.links().stream()
                        .map(link -> item(link.target(), link.path(), link.reason()))
                        .toList()));
        Map<String, JsonValue> variables = new LinkedHashMap<>();
        set.variables().forEach(variable -> variables.put(variable.name(), optional(variable.value())));
        members.put("variables", new JsonObject(variables));
        members.put(
                "notes",
                JsonValue.ofStrings(
                        set.notes().stream().map(note -> note.text()).toList()));
        return new JsonObject(members);
    }

    private static JsonValue item(String source, String path, String reason) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("source", JsonValue.of(source));
        members.put("path", JsonValue.of(path));
        members.put("reason", JsonValue.of(reason));
        return new JsonObject(members);
    }

    private static JsonValue optional(Optional<String> text) {
        return text.map(JsonValue::of).orElse(new JsonNull());
    }
}

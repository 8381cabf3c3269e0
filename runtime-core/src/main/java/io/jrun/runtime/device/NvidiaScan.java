package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree;
import io.jrun.runtime.host.HostTree.Opening;
import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NVIDIA's GPUs from /proc and /dev. Source: README of the driver, "The /proc Interface"; MIG user guide, "/dev based
 * nvidia-capabilities".
 */
final class NvidiaScan {

    private static final String GPUS = "/proc/driver/nvidia/gpus";
    private static final Pattern FIELD = Pattern.compile("^([A-Za-z ]+?)\\s*:\\s*(.*?)\\s*$", Pattern.MULTILINE);
    private static final Pattern VERSION = Pattern.compile("\\b([0-9]{3,4}\\.[0-9]{1,3}(?:\\.[0-9]{1,3})?)\\b");
    private static final Pattern MINOR = Pattern.compile("^gpu(\\d+)/gi(\\d+)(?:/ci(\\d+))?/access\\s+(\\d+)$");
    private static final Pattern UUID = Pattern.compile("GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final RootedTree host;
    private final Map<Integer, Map<String, Integer>> migMinors = new TreeMap<>();

    NvidiaScan(RootedTree host) {
        this.host = host;
        host.text("/proc/driver/nvidia-caps/mig-minors").ifPresent(this::readMinors);
    }

    /** Of the loaded kernel module; empty where there is none. */
    static Optional<String> driverVersion(RootedTree host) {
        Optional<String> line = host.text("/proc/driver/nvidia/version")
                .flatMap(text ->
                        text.lines().filter(each -> each.startsWith("NVRM")).findFirst());
        return line.or(() -> host.text("/sys/module/nvidia/version")).flatMap(text -> {
            Matcher version = VERSION.matcher(text);
            return version.find() ? Optional.of(version.group(1)) : Optional.empty();
        });
    }

    private void readMinors(String text) {
        for (String line : text.lines().toList()) {
            Matcher match = MINOR.matcher(line.strip());
            if (match.matches()) {
                String instance = match.group(3) == null ? match.group(2) : match.group(2) + "/" + match.group(3);
                migMinors
                        .computeIfAbsent(Integer.parseInt(match.group(1)), gpu -> new TreeMap<>())
                        .put(instance, Integer.parseInt(match.group(4)));
            }
        }
    }

    /** In the order of their PCI addresses, as NVML numbers them. */
    List<Gpu> gpus() {
        List<Gpu> found = new ArrayList<>();
        for (String busId : host.list(GPUS)) {
            Map<String, String> fields = new TreeMap<>();
            FIELD.matcher(host.text(GPUS + "/" + busId + "/information").orElse(""))
                    .results()
                    .forEach(field -> fields.put(field.group(1), field.group(2)));
            String minor = fields.getOrDefault("Device Minor", "");
            if (minor.matches("[0-9]{1,6}")
                    && !fields.getOrDefault("GPU Excluded", "No").equals("Yes")) {
                found.add(gpu(Integer.parseInt(minor), busId, fields));
            }
        }
        if (found.isEmpty()) {
            for (String name : host.list("/dev")) {
                if (name.matches("nvidia[0-9]{1,6}")) {
                    found.add(gpu(Integer.parseInt(name.substring(6)), "minor " + name.substring(6), Map.of()));
                }
            }
        }
        found.sort(Comparator.comparing(Gpu::busId));
        return found;
    }

    private Gpu gpu(int minor, String busId, Map<String, String> fields) {
        String node = "/dev/nvidia" + minor;
        Optional<String> uuid = Optional.ofNullable(fields.get("GPU UUID"))
                .filter(text -> UUID.matcher(text).matches());
        return new Gpu(
                GpuVendor.NVIDIA,
                busId,
                uuid,
                fields.getOrDefault("Model", "NVIDIA GPU"),
                List.of(node),
                DrmScan.nodesOf(host, busId),
                host.tryOpen(node),
                instances(minor));
    }

    private List<MigInstance> instances(int minor) {
        Map<String, Integer> minors = migMinors.getOrDefault(minor, Map.of());
        List<int[]> present = new ArrayList<>();
        String capabilities = "/proc/driver/nvidia/capabilities/gpu" + minor + "/mig";
        for (String name : host.list(capabilities)) {
            if (name.matches("gi[0-9]{1,4}")) {
                for (String inner : host.list(capabilities + "/" + name)) {
                    if (inner.matches("ci[0-9]{1,4}")) {
                        present.add(
                                new int[] {Integer.parseInt(name.substring(2)), Integer.parseInt(inner.substring(2))});
                    }
                }
            }
        }
        present.sort(Comparator.<int[]>comparingInt(pair -> pair[0]).thenComparingInt(pair -> pair[1]));
        List<MigInstance> instances = new ArrayList<>();
        for (int[] pair : present) {
            Optional<Integer> gpu = Optional.ofNullable(minors.get(pair[0] + ""));
            Optional<Integer> compute = Optional.ofNullable(minors.get(pair[0] + "/" + pair[1]));
            if (gpu.isPresent() && compute.isPresent()) {
                List<String> nodes = List.of(capability(gpu.get()), capability(compute.get()));
                Opening opening = nodes.stream()
                        .map(node -> host.tryOpen(node, HostTree.Use.READING))
                        .filter(each -> !each.isGranted())
                        .findFirst()
                        .orElse(new Opening(Optional.empty()));
                instances.add(new MigInstance(instances.size(), pair[0], pair[1], nodes, opening));
            }
        }
        return instances;
    }

    private static String capability(int minor) {
        return "/dev/nvidia-caps/nvidia-cap" + minor;
    }
}

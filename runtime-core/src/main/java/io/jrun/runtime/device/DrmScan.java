package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Opening;
import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** GPUs that the kernel's Direct Rendering Manager drives: AMD's and Intel's. Source: sysfs class drm, KFD topology. */
final class DrmScan {

    private static final String TOPOLOGY = "/sys/class/kfd/kfd/topology/nodes";
    private static final String KFD = "/dev/kfd";

    private DrmScan() {}

    /** The nodes of /dev/dri for a PCI address that are there: cards, then render nodes. */
    static List<String> nodesOf(RootedTree host, String busId) {
        String address = busId.toLowerCase(Locale.ROOT);
        return host.list("/sys/bus/pci/devices/" + address + "/drm").stream()
                .filter(name -> name.matches("(card|renderD)[0-9]{1,4}"))
                .map(name -> "/dev/dri/" + name)
                .filter(host::exists)
                .toList();
    }

    /** In the order of the vendor's own numbering: KFD's for AMD, PCI addresses for Intel. */
    static List<Gpu> gpus(RootedTree host, GpuVendor vendor) {
        Map<String, Integer> order = new HashMap<>();
        Map<String, String> identities = new HashMap<>();
        if (vendor == GpuVendor.AMD) {
            readTopology(host, order, identities);
        }
        List<Gpu> found = new ArrayList<>();
        for (String name : host.list("/sys/class/drm")) {
            String device = "/sys/class/drm/" + name + "/device";
            if (name.matches("renderD[0-9]{1,4}")
                    && host.text(device + "/vendor").equals(Optional.of(vendor.pciVendor()))) {
                String render = "/dev/dri/" + name;
                List<String> nodes = new ArrayList<>(List.of(render));
                host.list(device + "/drm").stream()
                        .filter(each -> each.matches("card[0-9]{1,4}"))
                        .map(each -> "/dev/dri/" + each)
                        .filter(host::exists)
                        .forEach(nodes::add);
                found.add(new Gpu(
                        vendor,
                        busId(host, device, name),
                        Optional.ofNullable(identities.get(name)),
                        model(host, vendor, device),
                        nodes,
                        List.of(),
                        opening(host, vendor, render),
                        List.of()));
            }
        }
        found.sort(Comparator.<Gpu>comparingInt(gpu ->
                        order.getOrDefault(gpu.nodes().get(0).substring("/dev/dri/".length()), Integer.MAX_VALUE))
                .thenComparing(Gpu::busId));
        return found;
    }

    private static Opening opening(RootedTree host, GpuVendor vendor, String render) {
        Opening own = host.tryOpen(render);
        return own.isGranted() && vendor == GpuVendor.AMD && host.exists(KFD) ? host.tryOpen(KFD) : own;
    }

    private static String busId(RootedTree host, String device, String name) {
        return host.resolve(device)
                .map(place -> place.substring(place.lastIndexOf('/') + 1))
                .filter(address -> address.matches("[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-9a-f]"))
                .orElse(name);
    }

    private static String model(RootedTree host, GpuVendor vendor, String device) {
        String plain = vendor == GpuVendor.AMD ? "AMD GPU" : "Intel GPU";
        return host.text(device + "/product_name")
                .filter(text -> !text.isEmpty())
                .or(() -> host.text(device + "/device").map(id -> plain + " " + id))
                .orElse(plain);
    }

    private static void readTopology(RootedTree host, Map<String, Integer> order, Map<String, String> identities) {
        for (String node : host.list(TOPOLOGY)) {
            Map<String, String> properties = new HashMap<>();
            host.text(TOPOLOGY + "/" + node + "/properties").orElse("").lines().forEach(line -> {
                String[] words = line.strip().split("\\s+", -1);
                if (words.length == 2) {
                    properties.put(words[0], words[1]);
                }
            });
            String minor = properties.getOrDefault("drm_render_minor", "0");
            if (node.matches("[0-9]{1,4}") && minor.matches("[1-9][0-9]{0,4}")) {
                order.put("renderD" + minor, Integer.parseInt(node));
                String identity = properties.getOrDefault("unique_id", "0");
                if (identity.matches("[0-9]{1,20}") && !identity.equals("0")) {
                    identities.put("renderD" + minor, String.format("GPU-%016x", Long.parseUnsignedLong(identity)));
                }
            }
        }
    }
}

package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.List;

/** Device nodes of high-speed networks and of accelerators that are no GPUs. Source: rdma-core, udev rules; habanalabs; cxi driver; opa-psm2; xpmem; knem; gdrcopy. */
final class FabricScan {

    private record Family(String directory, String pattern, String reason) {}

    private static final List<Family> FAMILIES = List.of(
            new Family("/dev/infiniband", "uverbs[0-9]{1,4}", "InfiniBand verbs"),
            new Family("/dev/infiniband", "rdma_cm", "RDMA connection manager"),
            new Family("/dev/infiniband", "(umad|issm)[0-9]{1,4}", "InfiniBand management"),
            new Family("/dev", "cxi[0-9]{1,4}", "Slingshot"),
            new Family("/dev", "ss0", "Slingshot"),
            new Family("/dev", "hfi1_[0-9]{1,4}", "Omni-Path"),
            new Family("/dev/accel", "accel(_controlD)?[0-9]{1,4}", "accelerator"),
            new Family("/dev", "hl(_controlD)?[0-9]{1,4}", "Gaudi"),
            new Family("/dev", "xpmem|knem", "memory shared between processes"));

    private FabricScan() {}

    /** Nodes that may be opened become part of the set, others a note. */
    static void addTo(DeviceSet.Builder set, RootedTree host) {
        for (Family family : FAMILIES) {
            for (String node : nodes(host, family)) {
                NodeRules.add(set, host, node, family.reason());
            }
        }
    }

    /** All of them, whoever may open them. */
    static List<FabricNode> all(RootedTree host) {
        List<FabricNode> found = new ArrayList<>();
        for (Family family : FAMILIES) {
            for (String node : nodes(host, family)) {
                found.add(new FabricNode(node, family.reason(), host.tryOpen(node, Use.READING_AND_WRITING)));
            }
        }
        return found;
    }

    private static List<String> nodes(RootedTree host, Family family) {
        List<String> nodes = new ArrayList<>();
        for (String name : host.list(family.directory())) {
            if (name.matches(family.pattern())) {
                nodes.add(family.directory() + "/" + name);
            }
        }
        return nodes;
    }
}

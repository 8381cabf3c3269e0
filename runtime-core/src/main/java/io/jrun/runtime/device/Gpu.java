package io.jrun.runtime.device;

import io.jrun.runtime.host.HostTree.Opening;
import java.util.List;
import java.util.Optional;

/**
 * One GPU of the host, whether or not this job may use it.
 *
 * @param uuid as the driver spells it; empty until it knows
 * @param nodes the first is the one that was opened
 * @param drmNodes for graphics: card, render node
 * @param instances of a divided GPU
 */
public record Gpu(
        GpuVendor vendor,
        String busId,
        Optional<String> uuid,
        String model,
        List<String> nodes,
        List<String> drmNodes,
        Opening opening,
        List<MigInstance> instances) {
    public Gpu {
        nodes = List.copyOf(nodes);
        drmNodes = List.copyOf(drmNodes);
        instances = List.copyOf(instances);
    }

    public boolean isUsable() {
        return opening.isGranted();
    }

    /** For messages. */
    public String title() {
        return model + " at " + busId;
    }
}

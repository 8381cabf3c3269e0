package io.jrun.cli.device;

import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.FabricNode;
import io.jrun.runtime.device.GpuInventory;
import io.jrun.runtime.device.GpuWish;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What there is and what a start would give.
 *
 * @param fabrics fast networks, and accelerators that are no GPUs
 * @param given what a start would do; empty where it would fail
 * @param failure of that start
 * @param specified CDI devices with the file of each
 * @param unusable what is wrong with other CDI files
 */
public record GpuReport(
        GpuInventory inventory,
        List<FabricNode> fabrics,
        GpuWish wish,
        Optional<DeviceSet> given,
        Optional<String> failure,
        Map<String, String> specified,
        List<String> unusable) {
    public GpuReport {
        fabrics = List.copyOf(fabrics);
        specified = new java.util.TreeMap<>(specified);
        unusable = List.copyOf(unusable);
    }
}

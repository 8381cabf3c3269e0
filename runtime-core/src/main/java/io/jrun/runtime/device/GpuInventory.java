package io.jrun.runtime.device;

import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The GPUs of a machine, whoever may use them.
 *
 * @param nvidiaDriver version of NVIDIA's driver; empty where there is none
 * @param gpus by vendor, then in the order of the vendor's numbering
 */
public record GpuInventory(Optional<String> nvidiaDriver, List<Gpu> gpus) {
    public GpuInventory {
        gpus = List.copyOf(gpus);
    }

    /** Opens each GPU's node once; needs no tool of a vendor. */
    public static GpuInventory scan(RootedTree host) {
        List<Gpu> gpus = new ArrayList<>(new NvidiaScan(host).gpus());
        gpus.addAll(DrmScan.gpus(host, GpuVendor.AMD));
        gpus.addAll(DrmScan.gpus(host, GpuVendor.INTEL));
        Optional<String> version = NvidiaScan.driverVersion(host).or(() -> new NvidiaDriver(host).versionOfLibraries());
        return new GpuInventory(version, gpus);
    }

    public List<Gpu> of(GpuVendor vendor) {
        return gpus.stream().filter(gpu -> gpu.vendor() == vendor).toList();
    }
}

package io.jrun.runtime.device;

import java.util.Locale;

/** Who made it, in the order in which numbers are given to GPUs of a mixed host. */
public enum GpuVendor {
    NVIDIA("0x10de"),
    AMD("0x1002"),
    INTEL("0x8086");

    private final String pciVendor;

    GpuVendor(String pciVendor) {
        this.pciVendor = pciVendor;
    }

    /** As sysfs prints it. */
    String pciVendor() {
        return pciVendor;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The kind of its devices in CDI. */
    public String cdiKind() {
        return label() + ".com/gpu";
    }
}

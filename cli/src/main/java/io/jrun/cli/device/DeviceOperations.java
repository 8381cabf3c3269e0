package io.jrun.cli.device;

import io.jrun.runtime.device.GpuVendor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code gpu} and {@code cdi} call. Failures are {@link io.jrun.error.JrunException}s. */
public interface DeviceOperations {

    /** How a spec is written. */
    enum SpecForm {
        JSON,
        YAML
    }

    /**
     * @param gpu as --gpu of start; empty: what a start without it would do
     * @param driverRoot where devices and driver lie; empty: as configured
     * @param image a container, directory or image file that such a start would start; empty: none
     */
    GpuReport report(Optional<String> gpu, Optional<Path> driverRoot, Optional<String> image) throws IOException;

    /**
     * @param vendor empty: the first of which there is a GPU
     * @param driverRoot where devices and driver lie; empty: as configured
     */
    String generate(Optional<GpuVendor> vendor, Optional<Path> driverRoot, SpecForm form) throws IOException;

    /**
     * The same of fast networks, and of accelerators that are no GPUs.
     *
     * @param driverRoot where devices lie; empty: as configured
     */
    String generateFabrics(Optional<Path> driverRoot, SpecForm form) throws IOException;

    /** Replaces a file at once, or leaves it as it was. */
    void write(String spec, Path file) throws IOException;
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Optional;

/**
 * What the caller asked for in devices.
 *
 * @param gpu the value of --gpu, "" without one
 * @param devices values of --device, in order
 * @param driverRoot host path below which devices and driver lie
 * @param capabilities as NVIDIA_DRIVER_CAPABILITIES
 */
public record DeviceOptions(
        Optional<String> gpu, List<String> devices, Optional<ByteString> driverRoot, Optional<String> capabilities) {

    public static final DeviceOptions NONE =
            new DeviceOptions(Optional.empty(), List.of(), Optional.empty(), Optional.empty());

    public DeviceOptions {
        devices = List.copyOf(devices);
    }
}

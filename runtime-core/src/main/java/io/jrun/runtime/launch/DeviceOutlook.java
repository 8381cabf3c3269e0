package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.GpuWish;
import java.util.List;
import java.util.Optional;

/**
 * The devices that a start would get.
 *
 * @param wish what decides about GPUs
 * @param devices others that are asked for, by options and configuration
 * @param driverRoot host path below which devices and driver lie
 * @param specDirectories of CDI specs, beside the usual ones
 * @param set empty where the start would fail
 * @param failure of that start
 */
public record DeviceOutlook(
        GpuWish wish,
        List<String> devices,
        ByteString driverRoot,
        List<String> specDirectories,
        Optional<DeviceSet> set,
        Optional<JrunException> failure) {
    public DeviceOutlook {
        devices = List.copyOf(devices);
        specDirectories = List.copyOf(specDirectories);
    }
}

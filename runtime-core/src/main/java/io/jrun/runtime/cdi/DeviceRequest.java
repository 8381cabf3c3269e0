package io.jrun.runtime.cdi;

import java.util.List;
import java.util.Optional;

/**
 * What the options say.
 *
 * @param gpu the value of --gpu, "" without one; empty where it is not given
 * @param devices values of --device, in order
 */
public record DeviceRequest(Optional<String> gpu, List<String> devices) {
    public DeviceRequest {
        devices = List.copyOf(devices);
    }
}

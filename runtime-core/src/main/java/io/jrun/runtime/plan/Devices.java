package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.spec.ImageSettings;
import java.util.List;

/**
 * The devices of one start.
 *
 * @param inputs what they were decided from
 */
public record Devices(DeviceSet set, List<PlanInput> inputs) {

    /** Finds them. */
    public interface Source {

        /** @param image what the image says */
        Devices of(ImageSettings image) throws JrunException;
    }

    public Devices {
        inputs = List.copyOf(inputs);
    }

    public static Devices none(List<PlanInput> inputs) {
        return new Devices(DeviceSet.none(), inputs);
    }
}

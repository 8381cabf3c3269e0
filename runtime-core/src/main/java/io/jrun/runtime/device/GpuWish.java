package io.jrun.runtime.device;

import io.jrun.error.UsageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked for, by whom.
 *
 * @param origin an option or a variable with its value
 */
public record GpuWish(GpuRequest request, String origin, Manner manner) {

    /** What happens where nothing is found. */
    public enum Manner {
        /** That is an error. */
        DEMANDED,
        /** The start goes on without. */
        AUTOMATIC
    }

    private static final String VISIBLE = "NVIDIA_VISIBLE_DEVICES";

    /** Variables by which a scheduler, or a user, hands out GPUs. */
    private static final List<String> ALLOTMENTS = List.of(
            "SLURM_STEP_GPUS",
            "SLURM_JOB_GPUS",
            "CUDA_VISIBLE_DEVICES",
            "ROCR_VISIBLE_DEVICES",
            "HIP_VISIBLE_DEVICES",
            "ZE_AFFINITY_MASK");

    /** What Slurm and users write for "no GPU". Source: gres.conf(5), CUDA programming guide. */
    private static final List<String> NO_DEVICE = List.of("", "-1", "NoDevFiles", "void", "none");

    /**
     * The first of: the option; the caller's NVIDIA_VISIBLE_DEVICES; what a job was given, all of it, because ranks that
     * do not see each other's GPUs cannot copy between them; the image's NVIDIA_VISIBLE_DEVICES; an old CUDA image.
     *
     * @param option the value of --gpu, "" without one; empty where it is not given
     */
    public static GpuWish decide(Optional<String> option, Map<String, String> caller, Map<String, String> image)
            throws UsageException {
        if (option.isPresent()) {
            String text = option.get().isEmpty() ? "--gpu" : "--gpu=" + option.get();
            return new GpuWish(GpuRequest.ofOption(option.get()), text, Manner.DEMANDED);
        }
        if (caller.containsKey(VISIBLE)) {
            String value = caller.get(VISIBLE);
            return automatic(GpuRequest.ofVisibleDevices(value), VISIBLE + "=" + value);
        }
        for (String name : ALLOTMENTS) {
            if (caller.containsKey(name)) {
                String value = caller.get(name);
                return automatic(
                        NO_DEVICE.contains(value) ? new GpuRequest.Nothing() : new GpuRequest.All(),
                        name + "=" + value);
            }
        }
        if (image.containsKey(VISIBLE)) {
            String value = image.get(VISIBLE);
            return automatic(GpuRequest.ofVisibleDevices(value), VISIBLE + "=" + value + " of the image");
        }
        if (image.containsKey("CUDA_VERSION") && !image.containsKey("NVIDIA_REQUIRE_CUDA")) {
            return automatic(new GpuRequest.All(), "CUDA_VERSION=" + image.get("CUDA_VERSION") + " of the image");
        }
        return automatic(new GpuRequest.Nothing(), "nothing asks for GPUs");
    }

    private static GpuWish automatic(GpuRequest request, String origin) {
        return new GpuWish(request, origin, Manner.AUTOMATIC);
    }
}

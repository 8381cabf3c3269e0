package io.jrun.runtime.device;

import io.jrun.error.UsageException;
import java.util.ArrayList;
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

    /** The value of --gpu that leaves the decision to variables, as does its absence. */
    public static final String AUTO = "auto";

    private static final String OF_JOB = " of the job";
    private static final String VISIBLE = "NVIDIA_VISIBLE_DEVICES";

    /** Variables by which a scheduler, or a user, hands out GPUs. */
    private static final List<String> ALLOTMENTS = List.of(
            "SLURM_STEP_GPUS",
            "SLURM_JOB_GPUS",
            "CUDA_VISIBLE_DEVICES",
            "ROCR_VISIBLE_DEVICES",
            "HIP_VISIBLE_DEVICES",
            "ZE_AFFINITY_MASK",
            "AMD_VISIBLE_DEVICES",
            "HABANA_VISIBLE_DEVICES");

    static final String CUDA_VISIBLE = "CUDA_VISIBLE_DEVICES";

    /** Variables that name GPUs by numbers, and whose. */
    public static final Map<String, GpuVendor> VISIBLE_BY_NUMBER = Map.of(
            CUDA_VISIBLE,
            GpuVendor.NVIDIA,
            "ROCR_VISIBLE_DEVICES",
            GpuVendor.AMD,
            "HIP_VISIBLE_DEVICES",
            GpuVendor.AMD,
            "ZE_AFFINITY_MASK",
            GpuVendor.INTEL);

    /** How many GPUs a job has; all that Slurm sets where it sets no list. */
    private static final List<String> COUNTS =
            List.of("SLURM_GPUS_ON_NODE", "SLURM_GPUS", "SLURM_GPUS_PER_NODE", "SLURM_GPUS_PER_TASK");

    /** All of the caller's that {@link #decide} asks for. */
    public static final List<String> CALLER_VARIABLES = callerVariables();

    private static List<String> callerVariables() {
        List<String> names = new ArrayList<>(List.of(VISIBLE));
        names.addAll(ALLOTMENTS);
        names.addAll(COUNTS);
        return List.copyOf(names);
    }

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
        if (option.isPresent() && !option.get().equals(AUTO)) {
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
                // The value is not told: it differs from rank to rank, and their plan is one.
                return automatic(
                        NO_DEVICE.contains(value) ? new GpuRequest.Nothing() : new GpuRequest.All(), name + OF_JOB);
            }
        }
        for (String name : COUNTS) {
            if (caller.containsKey(name)) {
                boolean none = List.of("", "0").contains(caller.get(name));
                return automatic(none ? new GpuRequest.Nothing() : new GpuRequest.All(), name + OF_JOB);
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

    /** What a site or a user configured, which no machine without GPUs shall fail on. */
    public static GpuWish configured(String value, String origin) throws UsageException {
        return automatic(GpuRequest.ofOption(value), origin);
    }

    /**
     * Whether a plan for this wish holds for all ranks of a job: their allotments differ, and every GPU that may be
     * opened is given.
     */
    public boolean takesAll() {
        return request instanceof GpuRequest.All || request instanceof GpuRequest.DriverOnly;
    }

    /** Whether a variable that a scheduler sets for each process decided. */
    public boolean isByJob() {
        return origin.endsWith(OF_JOB);
    }

    private static GpuWish automatic(GpuRequest request, String origin) {
        return new GpuWish(request, origin, Manner.AUTOMATIC);
    }
}

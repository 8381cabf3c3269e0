package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * Which variables a payload gets. Four sources, each of which yields to the next one named:
 *
 * <ol>
 *   <li>jrun's own: PATH, HOME, USER, LOGNAME;
 *   <li>the caller's session (terminal, language, time zone), because an image that sets its language has that one
 *       installed;
 *   <li>the image's ENV, hence its PATH always wins over the host's;
 *   <li>the caller's job (ranks, devices, fabric, threads, proxies): it says what this run was given, an image can only
 *       guess;
 *   <li>{@code -e}.
 * </ol>
 *
 * Everything else of the caller's stays outside, above all LD_*, PYTHONPATH and whatever names host files.
 */
final class EnvironmentPolicy {

    private static final List<String> SESSION =
            List.of("TERM", "COLORTERM", "NO_COLOR", "TZ", "LANG", "LANGUAGE", "LC_*", "DISPLAY");

    private static final List<String> JOB = List.of(
            "http_proxy",
            "https_proxy",
            "ftp_proxy",
            "all_proxy",
            "no_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "FTP_PROXY",
            "ALL_PROXY",
            "NO_PROXY",
            "SLURM_*",
            "SLURMD_*",
            "PBS_*",
            "LSB_*",
            "FLUX_*",
            "PALS_*",
            "PMI_*",
            "PMI2_*",
            "PMIX_*",
            "PRTE_*",
            "OMPI_*",
            "MPICH_*",
            "MPIR_*",
            "I_MPI_*",
            "MV2_*",
            "MPI_LOCALRANKID",
            "MPI_LOCALNRANKS",
            "UCX_*",
            "FI_*",
            "PSM2_*",
            "PSM3_*",
            "NCCL_*",
            "RCCL_*",
            "NVSHMEM_*",
            "CUDA_VISIBLE_DEVICES",
            "CUDA_DEVICE_ORDER",
            "CUDA_MPS_*",
            "NVIDIA_*",
            "ROCR_*",
            "HIP_*",
            "GPU_DEVICE_ORDINAL",
            "ZE_*",
            "ONEAPI_DEVICE_SELECTOR",
            "OMP_*",
            "GOMP_*",
            "KMP_*",
            "MASTER_ADDR",
            "MASTER_PORT",
            "WORLD_SIZE",
            "RANK",
            "LOCAL_RANK",
            "LOCAL_WORLD_SIZE");

    /** For images that name none. Source: environ(7); the order is that of Docker's default. */
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private EnvironmentPolicy() {}

    /** @param timeZone of the host, where the container cannot show its file; empty otherwise */
    static List<PlanStep> steps(
            StartOptions options, HostFacts host, ImageSettings image, Caller caller, String timeZone)
            throws UsageException {
        List<PlanStep> steps = new ArrayList<>();
        set(steps, "PATH", ByteString.of(DEFAULT_PATH), "default");
        set(steps, "HOME", caller.home(), caller.homeOrigin());
        set(steps, "USER", caller.name(), "host account");
        set(steps, "LOGNAME", caller.name(), "host account");
        if (!timeZone.isEmpty()) {
            set(steps, "TZ", ByteString.of(timeZone), "host /etc/localtime");
        }
        List<String> passed = new ArrayList<>(SESSION);
        passed.addAll(JOB);
        steps.add(new PassVariables(passed, "default"));
        for (ImageSettings.Variable variable : image.environment()) {
            steps.add(new SetVariable(variable.name(), variable.value(), "image config"));
        }
        for (ImageSettings.Variable variable : image.environment()) {
            if (Glob.matchesAny(JOB, variable.name())) {
                steps.add(new CopyVariable(variable.name(), "job, over the image's"));
            }
        }
        for (ByteString setting : options.environment()) {
            steps.add(option(setting));
        }
        return steps;
    }

    /** Who the payload finds itself to be. */
    record Caller(ByteString name, ByteString home, String homeOrigin) {}

    private static void set(List<PlanStep> steps, String name, ByteString value, String origin) {
        steps.add(new SetVariable(ByteString.of(name), value, origin));
    }

    private static PlanStep option(ByteString setting) throws UsageException {
        int equals = setting.indexOf('=', 0);
        if (setting.isEmpty() || equals == 0) {
            throw new UsageException(Failure.of("set the variable \"" + setting + "\"", "it has no name")
                    .hint("write -e KEY=VALUE, or -e KEY to copy yours"));
        }
        if (equals < 0) {
            return new CopyVariable(setting, "option -e " + setting);
        }
        ByteString name = setting.substring(0, equals);
        return new SetVariable(name, setting.substring(equals + 1), "option -e " + name);
    }
}

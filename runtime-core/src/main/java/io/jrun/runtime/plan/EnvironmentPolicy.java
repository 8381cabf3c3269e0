package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.EnvironmentFile;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.device.DeviceVariable;
import io.jrun.runtime.plan.PlanStep.CopyVariable;
import io.jrun.runtime.plan.PlanStep.DropVariables;
import io.jrun.runtime.plan.PlanStep.PassVariables;
import io.jrun.runtime.plan.PlanStep.SetVariable;
import io.jrun.runtime.plan.PlanStep.StepValue;
import io.jrun.runtime.plan.PlanStep.StepVariable;
import io.jrun.runtime.plan.StartOptions.HostVariables;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which variables a payload gets. Sources, each of which yields to the next one named:
 *
 * <ol>
 *   <li>jrun's own: PATH, HOME, USER, LOGNAME; for images with PyTorch its ranks;
 *   <li>the caller's session (terminal, language, time zone), because an image that sets its language has that one
 *       installed;
 *   <li>the image's ENV, hence its PATH always wins over the host's;
 *   <li>the caller's job (ranks, devices, fabric, threads, proxies): it says what this run was given, an image can only
 *       guess;
 *   <li>what devices need;
 *   <li>environ.d, the system's and then the user's; hooks;
 *   <li>{@code --env-file}, then {@code -e}.
 * </ol>
 *
 * Of them environ.d, {@code --env-file} and {@code -e} can also add to what those before them say.
 *
 * <p>Everything else of the caller's stays outside, above all LD_*, PYTHONPATH and whatever names host files.
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

    /** What would send a program of the container to files of the host, or belongs to the calling process alone. */
    private static final List<String> NEVER = List.of(
            "PATH",
            "HOME",
            "USER",
            "LOGNAME",
            "SHELL",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_",
            "TMPDIR",
            "LD_*",
            "GCONV_PATH",
            "LOCPATH",
            "NLSPATH",
            "PYTHONPATH",
            "PYTHONHOME",
            "PYTHONSTARTUP",
            "PERL5LIB",
            "PERLLIB",
            "PERL5OPT",
            "RUBYLIB",
            "RUBYOPT",
            "NODE_PATH",
            "CLASSPATH",
            "JAVA_HOME",
            "JAVA_TOOL_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "_JAVA_OPTIONS",
            "R_LIBS*",
            "LUA_PATH",
            "LUA_CPATH",
            "BASH_ENV",
            "BASH_FUNC_*",
            "ENV",
            "CDPATH",
            "MANPATH",
            "INFOPATH",
            "CPATH",
            "LIBRARY_PATH",
            "PKG_CONFIG_PATH",
            "MODULEPATH",
            "MODULESHOME",
            "LOADEDMODULES",
            "_LMFILES_",
            "LMOD_*",
            "CONDA_*",
            "VIRTUAL_ENV",
            "XDG_*",
            "JRUN_*");

    private static final ByteString PYTORCH = ByteString.of("PYTORCH_VERSION");

    /** For images that name none. Source: environ(7); the order is that of Docker's default. */
    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private EnvironmentPolicy() {}

    /** Who the payload finds itself to be. */
    record Caller(ByteString name, ByteString home, String homeOrigin) {}

    /**
     * Where variables come from, apart from the caller.
     *
     * @param firstNode of the caller's step of Slurm
     * @param devices what devices need
     * @param configured what environ.d says
     * @param files what the files of {@code --env-file} say
     * @param timeZone of the host, where the container cannot show its file; empty otherwise
     */
    record Sources(
            ImageSettings image,
            String imageOrigin,
            Optional<String> firstNode,
            List<DeviceVariable> devices,
            List<EnvironmentFile.Entry> configured,
            List<EnvironmentFile.Entry> files,
            List<PlanStep> hooks,
            String timeZone) {
        Sources {
            devices = List.copyOf(devices);
            configured = List.copyOf(configured);
            files = List.copyOf(files);
            hooks = List.copyOf(hooks);
        }
    }

    static List<PlanStep> steps(
            StartOptions options,
            Configuration configuration,
            Choice<HostVariables> host,
            Caller caller,
            Sources sources,
            VariableAddition addition)
            throws UsageException {
        List<PlanStep> steps = new ArrayList<>();
        if (host.value() == HostVariables.ALL) {
            steps.add(new PassVariables(List.of("*"), host.origin()));
            steps.add(new DropVariables(NEVER, "default: they speak of the host's files"));
        }
        addOwn(steps, caller, sources.timeZone());
        if (host.value() != HostVariables.NONE && hasPyTorch(sources.image())) {
            addRanks(steps, sources.firstNode());
        }
        if (host.value() == HostVariables.POLICY) {
            List<String> passed = new ArrayList<>(SESSION);
            passed.addAll(JOB);
            steps.add(new PassVariables(passed, host.origin()));
        }
        for (ImageSettings.Variable variable : sources.image().environment()) {
            steps.add(new SetVariable(variable.name(), variable.value(), sources.imageOrigin()));
        }
        addPassed(steps, options, configuration, host, sources.image());
        addDevices(steps, sources.devices());
        addEntries(steps, sources.configured(), addition);
        steps.addAll(sources.hooks());
        for (Setting blocked : configuration.words(ConfigKey.BLOCK)) {
            steps.add(new DropVariables(List.of(blocked.value()), blocked.origin()));
        }
        for (ByteString glob : options.dropped()) {
            steps.add(new DropVariables(List.of(glob.toString()), "option --unset-env " + glob));
        }
        addEntries(steps, sources.files(), addition);
        for (ByteString setting : options.environment()) {
            steps.add(option(steps, setting, addition));
        }
        return steps;
    }

    private static void addOwn(List<PlanStep> steps, Caller caller, String timeZone) {
        set(steps, "PATH", ByteString.of(DEFAULT_PATH), "default");
        set(steps, "HOME", caller.home(), caller.homeOrigin());
        set(steps, "USER", caller.name(), "host account");
        set(steps, "LOGNAME", caller.name(), "host account");
        if (!timeZone.isEmpty()) {
            set(steps, "TZ", ByteString.of(timeZone), "host /etc/localtime");
        }
    }

    /** Images with PyTorch name its release. */
    static boolean hasPyTorch(ImageSettings image) {
        for (ImageSettings.Variable variable : image.environment()) {
            if (variable.name().equals(PYTORCH)) {
                return true;
            }
        }
        return false;
    }

    /** Source: PyTorch, torch.distributed, "Environment variable initialization"; torchrun, "OMP_NUM_THREADS". */
    private static void addRanks(List<PlanStep> steps, Optional<String> firstNode) {
        String origin = "step of Slurm, image's " + PYTORCH;
        addNumber(steps, "RANK", "SLURM_PROCID", origin);
        addNumber(steps, "LOCAL_RANK", "SLURM_LOCALID", origin);
        addNumber(steps, "WORLD_SIZE", "SLURM_STEP_NUM_TASKS", origin);
        if (firstNode.isPresent()) {
            StepValue address = new StepValue.Text(ByteString.of(firstNode.get()));
            steps.add(new StepVariable(ByteString.of("MASTER_ADDR"), address, origin));
        }
        steps.add(new StepVariable(ByteString.of("MASTER_PORT"), StepValue.Derived.PORT, origin));
        steps.add(new StepVariable(ByteString.of("OMP_NUM_THREADS"), StepValue.Derived.ONE_THREAD, origin));
    }

    private static void addNumber(List<PlanStep> steps, String name, String from, String origin) {
        steps.add(new StepVariable(ByteString.of(name), new StepValue.Copied(ByteString.of(from)), origin));
    }

    /** What of the caller's outweighs the image. */
    private static void addPassed(
            List<PlanStep> steps,
            StartOptions options,
            Configuration configuration,
            Choice<HostVariables> host,
            ImageSettings image) {
        if (host.value() != HostVariables.NONE) {
            for (ImageSettings.Variable variable : image.environment()) {
                if (Glob.matchesAny(JOB, variable.name())) {
                    steps.add(new CopyVariable(variable.name(), "job, over the image's"));
                }
            }
            for (Setting passed : configuration.words(ConfigKey.PASS)) {
                steps.add(new PassVariables(List.of(passed.value()), passed.origin()));
            }
        }
        for (ByteString glob : options.passed()) {
            steps.add(new PassVariables(List.of(glob.toString()), "option --host-env=" + glob));
        }
    }

    private static void addDevices(List<PlanStep> steps, List<DeviceVariable> devices) {
        for (DeviceVariable variable : devices) {
            steps.add(
                    variable.value().isPresent()
                            ? new SetVariable(
                                    ByteString.of(variable.name()),
                                    ByteString.of(variable.value().get()),
                                    variable.reason())
                            : new DropVariables(List.of(variable.name()), variable.reason()));
        }
    }

    private static void addEntries(
            List<PlanStep> steps, List<EnvironmentFile.Entry> entries, VariableAddition addition) {
        for (EnvironmentFile.Entry entry : entries) {
            steps.add(
                    entry.value().isPresent()
                            ? setting(steps, entry.name(), entry.value().get(), entry.origin(), addition)
                            : new CopyVariable(entry.name(), entry.origin()));
        }
    }

    /** @param word the name, or with a "+" on either side */
    private static PlanStep setting(
            List<PlanStep> steps, ByteString word, ByteString value, String origin, VariableAddition addition) {
        return VariableAddition.isOne(word)
                ? addition.step(steps, word, value, origin)
                : new SetVariable(word, value, origin);
    }

    private static void set(List<PlanStep> steps, String name, ByteString value, String origin) {
        steps.add(new SetVariable(ByteString.of(name), value, origin));
    }

    private static PlanStep option(List<PlanStep> steps, ByteString setting, VariableAddition addition)
            throws UsageException {
        int equals = setting.indexOf('=', 0);
        if (setting.isEmpty() || equals == 0) {
            throw new UsageException(Failure.of("set the variable \"" + setting + "\"", "it has no name")
                    .hint("write -e KEY=VALUE, or -e KEY to copy yours"));
        }
        if (equals < 0) {
            return new CopyVariable(setting, "option -e " + setting);
        }
        ByteString name = setting.substring(0, equals);
        return setting(steps, name, setting.substring(equals + 1), "option -e " + name, addition);
    }
}

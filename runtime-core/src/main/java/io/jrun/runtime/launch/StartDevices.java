package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cdi.DeviceInjection;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.GpuRequest;
import io.jrun.runtime.device.GpuWish;
import io.jrun.runtime.device.GpuWish.Manner;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.HostTree;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.Observations;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.plan.DeviceOptions;
import io.jrun.runtime.plan.Devices;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.spec.ImageSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the devices of a start; where nobody asks for any, that costs a look at a few variables. */
final class StartDevices implements Devices.Source {

    private static final String CAPABILITIES = "NVIDIA_DRIVER_CAPABILITIES";

    /** What the discovery asks for once there is a wish. */
    private static final List<String> VARIABLES = List.of(
            CAPABILITIES,
            "NVIDIA_DISABLE_REQUIRE",
            "NVIDIA_IMEX_CHANNELS",
            "NVIDIA_GDS",
            "NVIDIA_GDRCOPY",
            "NVIDIA_NVSWITCH",
            "NVIDIA_MOFED",
            "CUDA_MPS_PIPE_DIRECTORY");

    private final HostFacts host;
    private final StartOptions options;
    private final Configuration configuration;
    private final Optional<StartRoot> root;
    private final List<PlanInput> inputs = new ArrayList<>();

    /** @param root empty where no image is looked at */
    StartDevices(HostFacts host, StartOptions options, Configuration configuration, Optional<StartRoot> root) {
        this.host = host;
        this.options = options;
        this.configuration = configuration;
        this.root = root;
    }

    @Override
    public Devices of(ImageSettings settings) throws JrunException {
        Map<String, String> image = imageVariables(settings);
        Map<String, String> caller = callerVariables();
        GpuWish wish = wish(caller, image);
        List<String> devices = devices();
        noteVariables(wish);
        if (wish.request() instanceof GpuRequest.Nothing && wish.manner() == Manner.AUTOMATIC && devices.isEmpty()) {
            return Devices.none(inputs);
        }
        Observations ofHost = new Observations();
        Observations ofImage = new Observations();
        RootedTree driver = new RootedTree(new KernelTree(), driverRoot().toString(), ofHost);
        DeviceSet set = DeviceInjection.compile(
                devices, wish, new DeviceSurroundings(driver, imageTree(ofImage), caller, image, specDirectories()));
        boolean forAllRanks = wish.takesAll() && devices.isEmpty();
        inputs.addAll(new DeviceInputs(set, forAllRanks, driverRoot()).of(ofHost, ofImage));
        return new Devices(set, inputs);
    }

    /** The same for who only wants to see it, where nothing is asked for too. */
    DeviceOutlook outlook(ImageSettings settings) throws JrunException {
        Map<String, String> image = imageVariables(settings);
        Map<String, String> caller = callerVariables();
        GpuWish wish = wish(caller, image);
        List<String> devices = devices();
        ByteString place = driverRoot();
        List<String> specs = specDirectories();
        RootedTree driver = new RootedTree(new KernelTree(), place.toString());
        try {
            DeviceSet set = DeviceInjection.compile(
                    devices, wish, new DeviceSurroundings(driver, imageTree(new Observations()), caller, image, specs));
            return new DeviceOutlook(wish, devices, place, specs, Optional.of(set), Optional.empty());
        } catch (JrunException refused) {
            return new DeviceOutlook(wish, devices, place, specs, Optional.empty(), Optional.of(refused));
        }
    }

    private static Map<String, String> imageVariables(ImageSettings settings) {
        Map<String, String> image = new HashMap<>();
        for (ImageSettings.Variable variable : settings.environment()) {
            image.put(variable.name().toString(), variable.value().toString());
        }
        return image;
    }

    private Optional<RootedTree> imageTree(Observations seen) {
        if (root.isEmpty()) {
            return Optional.empty();
        }
        StartRoot found = root.get();
        HostTree tree = found.image().isPresent() ? new ImageFiles(found.files()) : new KernelTree();
        return Optional.of(new RootedTree(tree, found.rootfs().toString(), seen));
    }

    /** His own, and what his options set for the container. */
    private Map<String, String> callerVariables() {
        Map<String, String> caller = new HashMap<>();
        List<String> names = new ArrayList<>(GpuWish.CALLER_VARIABLES);
        names.addAll(VARIABLES);
        for (String name : names) {
            Optional<ByteString> value = host.variable(name);
            if (value.isPresent()) {
                caller.put(name, value.get().toString());
            }
        }
        Optional<String> capabilities = asked().capabilities();
        Optional<Setting> configured = configuration.value(ConfigKey.DRIVER_CAPABILITIES);
        if (capabilities.isPresent()) {
            caller.put(CAPABILITIES, capabilities.get());
        } else if (configured.isPresent()) {
            caller.putIfAbsent(CAPABILITIES, configured.get().value());
        }
        for (ByteString setting : options.environment()) {
            int equals = setting.indexOf('=', 0);
            if (equals > 0 && names.contains(setting.substring(0, equals).toString())) {
                caller.put(
                        setting.substring(0, equals).toString(),
                        setting.substring(equals + 1).toString());
            }
        }
        return caller;
    }

    private DeviceOptions asked() {
        return options.devices();
    }

    private GpuWish wish(Map<String, String> caller, Map<String, String> image) throws JrunException {
        if (configured()) {
            Setting setting = configuration.value(ConfigKey.GPU).orElseThrow();
            return GpuWish.configured(setting.value(), setting.origin());
        }
        return GpuWish.decide(asked().gpu(), caller, image);
    }

    private boolean configured() {
        Optional<Setting> value = configuration.value(ConfigKey.GPU);
        return asked().gpu().isEmpty()
                && value.isPresent()
                && !value.get().value().equals(GpuWish.AUTO);
    }

    private List<String> devices() {
        List<String> devices = new ArrayList<>();
        for (Setting word : configuration.words(ConfigKey.DEVICE)) {
            devices.add(word.value());
        }
        devices.addAll(asked().devices());
        return devices;
    }

    private List<String> specDirectories() throws UsageException {
        List<String> directories = new ArrayList<>();
        for (Setting word : configuration.words(ConfigKey.CDI_DIRECTORIES)) {
            if (!word.value().startsWith("/")) {
                throw new UsageException(Failure.of(
                                "read CDI specs of \"" + word.value() + "\"",
                                word.origin() + " names no absolute path (EINVAL)")
                        .hint("write a path that begins with /"));
            }
            directories.add(word.value());
        }
        return directories;
    }

    private ByteString driverRoot() {
        Optional<Setting> configured = configuration.value(ConfigKey.DRIVER_ROOT);
        ByteString chosen = asked().driverRoot().isPresent()
                ? asked().driverRoot().get()
                : ByteString.of(configured.isPresent() ? configured.get().value() : "/");
        if (chosen.startsWith("/")) {
            return chosen;
        }
        inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
        return HostPaths.join(host.workingDirectory(), chosen);
    }

    /**
     * Variables up to the one that decided. Of one by which all GPUs of the job are given it only counts that it is there:
     * ranks differ in the value.
     */
    private void noteVariables(GpuWish wish) {
        boolean chosen = asked().gpu().isPresent() && !asked().gpu().get().equals(GpuWish.AUTO);
        if (chosen || configured()) {
            if (!wish.takesAll()) {
                GpuWish.VISIBLE_BY_NUMBER.keySet().stream().sorted().forEach(this::note);
            }
        } else {
            noteUpToTheDecision(wish);
        }
        if (!(wish.request() instanceof GpuRequest.Nothing)) {
            for (String name : VARIABLES) {
                note(name);
            }
        }
    }

    private void noteUpToTheDecision(GpuWish wish) {
        for (String name : GpuWish.CALLER_VARIABLES) {
            Optional<ByteString> value = host.variable(name);
            if (value.isPresent() && !value.get().isEmpty() && wish.isByJob() && wish.takesAll()) {
                inputs.add(new PlanInput.VariableSet(ByteString.of(name)));
            } else {
                note(name);
            }
            if (value.isPresent()) {
                return;
            }
        }
    }

    private void note(String name) {
        inputs.add(new PlanInput.Variable(ByteString.of(name), host.variable(name)));
    }
}

package io.jrun.runtime.device;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.runtime.device.GpuChoice.Chosen;
import io.jrun.runtime.device.GpuWish.Manner;
import io.jrun.runtime.host.HostTree.Use;
import io.jrun.runtime.host.RootedTree;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** From a wish for GPUs to all that a container needs for them. */
public final class GpuCompiler {

    private final DeviceSurroundings surroundings;
    private final GpuInventory inventory;
    private final GpuWish wish;
    private final DeviceSet.Builder set;

    private GpuCompiler(DeviceSurroundings surroundings, GpuInventory inventory, GpuWish wish, DeviceSet.Builder set) {
        this.surroundings = surroundings;
        this.inventory = inventory;
        this.wish = wish;
        this.set = set;
    }

    /**
     * Adds to a set whose loader file is made later by {@link LoaderStep}.
     *
     * @throws JrunException when GPUs are demanded and there are none, or one is named that is not there or not this
     *     job's, or image and driver do not fit
     */
    public static void compile(
            DeviceSurroundings surroundings, GpuInventory inventory, GpuWish wish, DeviceSet.Builder set)
            throws JrunException {
        new GpuCompiler(surroundings, inventory, wish, set).run();
    }

    private void run() throws JrunException {
        if (wish.request() instanceof GpuRequest.Nothing) {
            set.detail("no GPU: " + wish.origin());
            hideOthers(List.of());
            return;
        }
        boolean driverOnly = wish.request() instanceof GpuRequest.DriverOnly;
        List<Chosen> chosen = driverOnly ? List.of() : choose();
        if (chosen.isEmpty() && !driverOnly) {
            set.detail("no GPU can be given, " + wish.origin() + " notwithstanding: "
                    + inventory.gpus().size() + " are in this machine, none may be opened");
            return;
        }
        boolean nvidia =
                driverOnly || chosen.stream().anyMatch(each -> each.gpu().vendor() == GpuVendor.NVIDIA);
        if (nvidia) {
            addNvidia(chosen);
        }
        for (Chosen each : chosen) {
            addDrm(each.gpu());
        }
        addVisibleVariables(chosen);
        if (wish.request() instanceof GpuRequest.Named || wish.request() instanceof GpuRequest.Count) {
            hideOthers(chosen);
        }
    }

    /** What a choice leaves out: /dev is the host's, and CUDA takes what it may open. */
    private void hideOthers(List<Chosen> chosen) {
        Set<Chosen> given = Set.copyOf(chosen);
        for (Gpu gpu : inventory.gpus()) {
            boolean partly = chosen.stream().anyMatch(each -> each.gpu().equals(gpu));
            if (gpu.isUsable() && !partly) {
                gpu.nodes().forEach(node -> hide(node, gpu.title()));
                gpu.drmNodes().forEach(node -> hide(node, gpu.title()));
            } else if (partly) {
                gpu.instances().stream()
                        .filter(instance -> instance.opening().isGranted())
                        .filter(instance -> !given.contains(new Chosen(gpu, Optional.of(instance))))
                        .flatMap(instance -> instance.nodes().stream())
                        .forEach(node -> hide(node, "another MIG instance of " + gpu.title()));
            }
        }
    }

    private void hide(String node, String title) {
        String reason = title + " is hidden: " + wish.origin() + " leaves it out";
        set.hide(new DeviceNode(surroundings.host().onHost(node), node, reason));
    }

    private List<Chosen> choose() throws JrunException {
        boolean anyUsable = inventory.gpus().stream().anyMatch(Gpu::isUsable);
        if (wish.manner() == Manner.AUTOMATIC && !anyUsable) {
            return List.of();
        }
        GpuChoice choice = new GpuChoice(inventory.gpus(), wish.origin(), set::detail);
        if (wish.request() instanceof GpuRequest.Count count) {
            choice.requireAny();
            return choice.first(count.number());
        } else if (wish.request() instanceof GpuRequest.Named named) {
            choice.requireAny();
            return choice.named(named.names());
        }
        choice.requireAny();
        List<Chosen> everything = choice.everything();
        if (everything.isEmpty() && wish.manner() == Manner.DEMANDED) {
            throw new DeniedException(Failure.of(
                            "give " + wish.origin(), "this job may open no MIG instance of its divided GPUs (EPERM)")
                    .hint("`jrun gpu list` shows the instances; ask the scheduler for one, with Slurm --gres=gpu:1"));
        }
        return everything;
    }

    private void addNvidia(List<Chosen> chosen) throws JrunException {
        RootedTree host = surroundings.host();
        Set<Capability> wanted = Capability.parse(surroundings.variable("NVIDIA_DRIVER_CAPABILITIES"));
        List<String> models =
                chosen.stream().map(each -> each.gpu().model()).distinct().toList();
        addNodes(chosen, wanted);
        if (inventory.nvidiaDriver().isEmpty()) {
            missing("no file of NVIDIA's driver is found: neither its kernel module nor libcuda tells a version");
            return;
        }
        String version = inventory.nvidiaDriver().get();
        set.detail("NVIDIA driver " + version + ", capabilities "
                + wanted.stream()
                        .map(Capability::label)
                        .reduce((a, b) -> a + "," + b)
                        .orElse("none"));
        Optional<CudaCompatibility> compatibility = compatibility(version, models);
        Optional<String> cuda = compatibility
                .map(each -> DriverVersion.cudaOf(each.version()))
                .orElseGet(() -> DriverVersion.cudaOf(version));
        Map<String, String> demands = new TreeMap<>(surroundings.imageVariables());
        demands.putIfAbsent(NvidiaRequirements.SWITCH, surroundings.variable(NvidiaRequirements.SWITCH));
        for (String unknown : new NvidiaRequirements(demands, version, cuda, models).check()) {
            set.detail("whether this GPU meets " + unknown + " cannot be told without its driver's library");
        }
        compatibility.ifPresent(each -> each.libraries().forEach(set::add));
        NvidiaDriver driver = new NvidiaDriver(host);
        if (driver.addLibraries(set, version, wanted) == 0) {
            missing("no library of driver " + version
                    + " is found on the host; is the package with its libraries installed here?");
        }
        driver.addFiles(
                set, version, wanted, Optional.ofNullable(surroundings.caller().get("CUDA_MPS_PIPE_DIRECTORY")));
        if (wanted.contains(Capability.GRAPHICS)) {
            set.add(new DeviceVariable(
                    "GBM_BACKENDS_PATH", Optional.of(NvidiaDriver.LIBRARIES + "/gbm"), "GBM back end of the driver"));
        }
    }

    /** A GPU without its driver is of no use to who demands it. */
    private void missing(String why) throws HostUnsupportedException {
        String place = "--driver-root names the root of a driver that lies elsewhere";
        if (wish.manner() == Manner.DEMANDED) {
            throw new HostUnsupportedException(
                    Failure.of("give " + wish.origin(), why + " (ENOENT)").hint(place));
        }
        set.warning(why + "; " + place);
    }

    private Optional<CudaCompatibility> compatibility(String driver, List<String> models) {
        Optional<CudaCompatibility> brought = surroundings.image().flatMap(CudaCompatibility::of);
        if (brought.isEmpty()) {
            return brought;
        }
        Optional<String> refusal = brought.get().refusal(driver, models.isEmpty() ? "" : models.get(0));
        set.detail("the image's compatibility libraries " + brought.get().version() + " in "
                + brought.get().directory()
                + refusal.map(why -> " are not used: " + why).orElse(" go before the host's"));
        return refusal.isPresent() ? Optional.empty() : brought;
    }

    private void addNodes(List<Chosen> chosen, Set<Capability> wanted) {
        RootedTree host = surroundings.host();
        NodeRules.add(set, host, "/dev/nvidiactl", "control of NVIDIA's driver");
        for (Chosen each : chosen) {
            Gpu gpu = each.gpu();
            if (gpu.vendor() == GpuVendor.NVIDIA) {
                String node = gpu.nodes().get(0);
                set.add(new DeviceNode(host.onHost(node), node, gpu.title() + ", by " + wish.origin()));
                each.instance().ifPresent(instance -> instance.nodes()
                        .forEach(path -> set.add(new DeviceNode(
                                host.onHost(path), path, "MIG instance " + instance.index() + " of " + gpu.title()))));
            }
        }
        if (wanted.contains(Capability.COMPUTE) && !chosen.isEmpty()) {
            if (!NodeRules.add(set, host, "/dev/nvidia-uvm", "unified memory, for CUDA")) {
                set.warning("CUDA will not start without /dev/nvidia-uvm: run `nvidia-modprobe -u -c=0` on the host");
            }
            NodeRules.add(set, host, "/dev/nvidia-uvm-tools", "unified memory, for debuggers");
        }
        if (wanted.contains(Capability.GRAPHICS) || wanted.contains(Capability.DISPLAY)) {
            NodeRules.add(set, host, "/dev/nvidia-modeset", "graphics");
        }
        addImexChannels();
        addSwitched("NVIDIA_GDS", "nvidia-fs[0-9]{1,4}", "GPUDirect Storage");
        if (surroundings.variable("NVIDIA_GDS").equals("enabled")) {
            new NvidiaDriver(host).addStorageFiles(set);
        }
        addSwitched("NVIDIA_GDRCOPY", "gdrdrv", "GDRCopy");
        addSwitched("NVIDIA_NVSWITCH", "nvidia-nvswitch(ctl|[0-9]{1,4})", "NVSwitch");
        if (surroundings.variable("NVIDIA_MOFED").equals("enabled")) {
            FabricScan.addTo(set, host);
        }
    }

    private void addSwitched(String variable, String pattern, String reason) {
        if (surroundings.variable(variable).equals("enabled")) {
            surroundings.host().list("/dev").stream()
                    .filter(name -> name.matches(pattern))
                    .forEach(name -> NodeRules.add(set, surroundings.host(), "/dev/" + name, reason));
        }
    }

    private void addImexChannels() {
        String channels = surroundings.variable("NVIDIA_IMEX_CHANNELS");
        Set<String> wanted = new LinkedHashSet<>(List.of(channels.split(",", -1)));
        for (String name : surroundings.host().list("/dev/nvidia-caps-imex-channels")) {
            if (name.startsWith("channel")
                    && (channels.equals("all") || wanted.contains(name.substring("channel".length())))) {
                NodeRules.add(
                        set,
                        surroundings.host(),
                        "/dev/nvidia-caps-imex-channels/" + name,
                        Use.READING,
                        "NVLink between nodes, by NVIDIA_IMEX_CHANNELS=" + channels);
            }
        }
    }

    private void addDrm(Gpu gpu) {
        RootedTree host = surroundings.host();
        if (gpu.vendor() == GpuVendor.NVIDIA) {
            gpu.drmNodes().forEach(node -> NodeRules.add(set, host, node, "graphics of " + gpu.title()));
            return;
        }
        if (gpu.vendor() == GpuVendor.AMD) {
            NodeRules.add(set, host, "/dev/kfd", "computing on AMD GPUs");
        }
        set.add(new DeviceNode(
                host.onHost(gpu.nodes().get(0)), gpu.nodes().get(0), gpu.title() + ", by " + wish.origin()));
        gpu.nodes().stream().skip(1).forEach(node -> NodeRules.add(set, host, node, "graphics of " + gpu.title()));
    }

    /** Numbers of the job would miss the GPUs of a choice, which programs count from 0 again. */
    private void addVisibleVariables(List<Chosen> chosen) {
        if (wish.request() instanceof GpuRequest.Named named
                && named.names().stream().anyMatch(each -> each.startsWith("MIG-"))) {
            set.add(new DeviceVariable(
                    GpuWish.CUDA_VISIBLE, Optional.of(String.join(",", named.names())), "by " + wish.origin()));
            return;
        }
        if (!(wish.request() instanceof GpuRequest.Named) && !(wish.request() instanceof GpuRequest.Count)) {
            return;
        }
        new TreeMap<>(GpuWish.VISIBLE_BY_NUMBER).forEach((name, vendor) -> {
            long count = chosen.stream()
                    .map(Chosen::gpu)
                    .filter(gpu -> gpu.vendor() == vendor)
                    .distinct()
                    .count();
            if (surroundings.caller().getOrDefault(name, "").matches("[0-9]+(,[0-9]+)*") && count > 0) {
                StringBuilder numbers = new StringBuilder("0");
                for (long i = 1; i < count; i++) {
                    numbers.append(',').append(i);
                }
                set.add(new DeviceVariable(
                        name, Optional.of(numbers.toString()), "only the chosen GPUs are there, counted from 0"));
            }
        });
    }

    /** For tests and listings: the names by which each usable GPU can be asked for, its index first. */
    public static Map<Gpu, Integer> indices(GpuInventory inventory) {
        Map<Gpu, Integer> indices = new java.util.LinkedHashMap<>();
        inventory.gpus().stream().filter(Gpu::isUsable).forEach(gpu -> indices.put(gpu, indices.size()));
        return indices;
    }
}

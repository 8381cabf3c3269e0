package io.jrun.runtime.cdi;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.FabricNode;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.device.Gpu;
import io.jrun.runtime.device.GpuCompiler;
import io.jrun.runtime.device.GpuInventory;
import io.jrun.runtime.device.GpuRequest;
import io.jrun.runtime.device.GpuVendor;
import io.jrun.runtime.device.GpuWish;
import io.jrun.runtime.device.MigInstance;
import io.jrun.runtime.device.PlainDevices;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.RootedTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a spec of one vendor's GPUs, for jrun and other runtimes. Those that run no hooks find each library under its
 * soname in the directory that NVIDIA's images have in LD_LIBRARY_PATH. A spec describes the machine, so its GPUs are
 * numbered by their PCI addresses whoever may open them.
 */
public final class CdiGenerator {

    /** The lowest version that has all members used here. */
    private static final String VERSION = "0.5.0";

    private static final String FABRIC_KIND = "jrun/fabric";

    private static final String HOOK = "/usr/bin/nvidia-cdi-hook";

    private final RootedTree host;
    private final GpuVendor vendor;
    private final List<Gpu> gpus;
    private final GpuInventory inventory;

    private CdiGenerator(RootedTree host, GpuVendor vendor, GpuInventory inventory) {
        this.host = host;
        this.vendor = vendor;
        this.inventory = inventory;
        this.gpus = inventory.of(vendor);
    }

    public static JsonValue generate(RootedTree host, GpuVendor vendor) throws JrunException {
        GpuInventory inventory = GpuInventory.scan(host);
        if (inventory.of(vendor).isEmpty()) {
            throw new NotFoundException(Failure.of(
                            "write a CDI spec of " + vendor.cdiKind(), "this machine shows no GPU of that vendor")
                    .hint("`jrun gpu list` shows what there is; --driver-root names a driver that lies elsewhere"));
        }
        return new CdiGenerator(host, vendor, inventory).spec();
    }

    /** A spec of fast networks, and of accelerators that are no GPUs: a device for each node, and one with all. */
    public static JsonValue ofFabrics(RootedTree host) throws JrunException {
        List<FabricNode> fabrics = PlainDevices.fabrics(host);
        if (fabrics.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("write a CDI spec of " + FABRIC_KIND, "this machine shows no fast network (ENOENT)")
                            .hint("`ls /dev/infiniband /dev/cxi*` shows the nodes that its driver makes"));
        }
        List<JsonValue> devices = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (FabricNode fabric : fabrics) {
            all.add(fabric.path());
            devices.add(device(host, fabric.name(), List.of(fabric.path())));
        }
        devices.add(device(host, "all", all));
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("cdiVersion", JsonValue.of(VERSION));
        members.put("kind", JsonValue.of(FABRIC_KIND));
        members.put("devices", new JsonArray(devices));
        return new JsonObject(members);
    }

    public static String toJson(JsonValue spec) {
        return Json.toPrettyText(spec);
    }

    public static String toYaml(JsonValue spec) {
        return Yaml.print(spec).stripTrailing();
    }

    private JsonValue spec() throws JrunException {
        List<JsonValue> devices = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < gpus.size(); i++) {
            Gpu gpu = gpus.get(i);
            List<String> nodes = new ArrayList<>(gpu.nodes());
            nodes.addAll(gpu.drmNodes());
            all.addAll(nodes);
            devices.add(device(String.valueOf(i), nodes));
            gpu.uuid().ifPresent(uuid -> devices.add(device(uuid, nodes)));
            for (MigInstance instance : gpu.instances()) {
                List<String> both = new ArrayList<>(nodes);
                both.addAll(instance.nodes());
                all.addAll(instance.nodes());
                devices.add(device(i + ":" + instance.index(), both));
            }
        }
        devices.add(device("all", all.stream().distinct().toList()));
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("cdiVersion", JsonValue.of(VERSION));
        members.put("kind", JsonValue.of(vendor.cdiKind()));
        members.put("devices", new JsonArray(devices));
        members.put("containerEdits", shared());
        return new JsonObject(members);
    }

    private JsonValue device(String name, List<String> nodes) {
        return device(host, name, nodes);
    }

    private static JsonValue device(RootedTree host, String name, List<String> nodes) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("name", JsonValue.of(name));
        members.put("containerEdits", object("deviceNodes", nodes(host, nodes)));
        return new JsonObject(members);
    }

    private static JsonArray nodes(RootedTree host, List<String> paths) {
        List<JsonValue> nodes = new ArrayList<>();
        for (String path : paths) {
            Map<String, JsonValue> node = new LinkedHashMap<>();
            node.put("path", JsonValue.of(path));
            if (!host.onHost(path).equals(path)) {
                node.put("hostPath", JsonValue.of(host.onHost(path)));
            }
            nodes.add(new JsonObject(node));
        }
        return new JsonArray(nodes);
    }

    private static JsonObject object(String name, JsonValue value) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put(name, value);
        return new JsonObject(members);
    }

    private JsonValue shared() throws JrunException {
        if (vendor != GpuVendor.NVIDIA) {
            return vendor == GpuVendor.AMD && host.exists("/dev/kfd")
                    ? object("deviceNodes", nodes(host, List.of("/dev/kfd")))
                    : object("env", new JsonArray(List.of()));
        }
        DeviceSet.Builder builder = DeviceSet.builder();
        GpuWish wish = new GpuWish(new GpuRequest.DriverOnly(), "jrun cdi generate", GpuWish.Manner.AUTOMATIC);
        GpuCompiler.compile(
                new DeviceSurroundings(host, Optional.empty(), Map.of(), Map.of()), inventory, wish, builder);
        DeviceSet driver = builder.build();
        List<String> control = new ArrayList<>();
        for (String node :
                List.of("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset")) {
            if (host.exists(node)) {
                control.add(node);
            }
        }
        boolean hooks = host.kind(HOOK) == FileKind.REGULAR;
        Map<String, JsonValue> edits = new LinkedHashMap<>();
        edits.put("env", JsonValue.ofStrings(List.of("NVIDIA_VISIBLE_DEVICES=void")));
        edits.put("deviceNodes", nodes(host, control));
        edits.put("mounts", mounts(driver, hooks));
        if (hooks) {
            edits.put("hooks", hooks(driver));
        }
        return new JsonObject(edits);
    }

    private static JsonArray mounts(DeviceSet driver, boolean hooks) {
        List<JsonValue> mounts = new ArrayList<>();
        for (FileBind bind : driver.binds()) {
            mounts.add(mount(bind.hostPath(), bind.path()));
        }
        if (!hooks) {
            for (DeviceLink link : driver.links()) {
                String directory = link.path().substring(0, link.path().lastIndexOf('/') + 1);
                driver.binds().stream()
                        .filter(bind -> bind.path().equals(directory + link.target()))
                        .findFirst()
                        .ifPresent(bind -> mounts.add(mount(bind.hostPath(), link.path())));
            }
        }
        return new JsonArray(mounts);
    }

    private static JsonValue mount(String hostPath, String containerPath) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("hostPath", JsonValue.of(hostPath));
        members.put("containerPath", JsonValue.of(containerPath));
        members.put("options", JsonValue.ofStrings(List.of("ro", "nosuid", "nodev", "rbind", "rprivate")));
        return new JsonObject(members);
    }

    private static JsonArray hooks(DeviceSet driver) {
        List<String> links = new ArrayList<>(List.of("nvidia-cdi-hook", "create-symlinks"));
        driver.links().forEach(link -> {
            links.add("--link");
            links.add(link.target() + "::" + link.path());
        });
        List<String> folders = new ArrayList<>(List.of("nvidia-cdi-hook", "update-ldcache"));
        driver.libraries().stream()
                .map(library -> library.path().substring(0, library.path().lastIndexOf('/')))
                .distinct()
                .forEach(folder -> {
                    folders.add("--folder");
                    folders.add(folder);
                });
        return new JsonArray(List.of(hook(links), hook(folders)));
    }

    private static JsonValue hook(List<String> arguments) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("hookName", JsonValue.of("createContainer"));
        members.put("path", JsonValue.of(HOOK));
        members.put("args", JsonValue.ofStrings(arguments));
        return new JsonObject(members);
    }
}

package io.jrun.runtime.check;

import io.jrun.runtime.check.Evidence.Devices;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The device nodes of accelerators and fabrics below a root. */
final class DeviceProbe {

    private final Path root;

    DeviceProbe(Path root) {
        this.root = root;
    }

    List<Devices> all() {
        List<Path> nvidia = matching("dev", "nvidia[0-9]*");
        List<Path> control = new ArrayList<>();
        if (!nvidia.isEmpty()) {
            control.add(root.resolve("dev/nvidiactl"));
            control.add(root.resolve("dev/nvidia-uvm"));
        }
        List<Path> amd = matching("dev", "kfd");
        return List.of(
                devices("nvidia", "NVIDIA devices", root.resolve("proc/driver/nvidia/version"), nvidia, control),
                devices("amd", "AMD devices", root.resolve("sys/module/amdgpu/initstate"), amd, List.of()),
                devices("dri", "render nodes", root.resolve("dev/dri"), matching("dev/dri", "renderD*"), List.of()),
                devices(
                        "infiniband",
                        "InfiniBand",
                        root.resolve("dev/infiniband"),
                        matching("dev/infiniband", "uverbs*"),
                        List.of()));
    }

    /**
     * @param driver is there when the kernel drives such a device
     * @param others nodes that have to be there with {@code nodes}
     */
    private static Devices devices(String key, String subject, Path driver, List<Path> nodes, List<Path> others) {
        List<Path> present = new ArrayList<>(nodes);
        List<Path> refused = new ArrayList<>();
        List<Path> absent = new ArrayList<>();
        for (Path other : others) {
            (Files.exists(other) ? present : absent).add(other);
        }
        for (Path node : present) {
            if (!Files.isReadable(node) || !Files.isWritable(node)) {
                refused.add(node);
            }
        }
        boolean driven = !nodes.isEmpty() || Files.isRegularFile(driver);
        return new Devices(key, subject, driven, present, refused, absent);
    }

    private List<Path> matching(String directory, String glob) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(directory), glob)) {
            entries.forEach(found::add);
        } catch (IOException | DirectoryIteratorException noSuchDirectory) {
            return found;
        }
        Collections.sort(found);
        return found;
    }
}

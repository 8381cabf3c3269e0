package io.jrun.runtime.device;

import io.jrun.runtime.elf.Libraries;
import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A host with a driver, as Debian and NVIDIA's installer lay it out.
 *
 * <pre>
 * proc/driver/nvidia/version, gpus/BUS/information, capabilities/gpuN/mig/giN/ciN
 * dev/nvidiactl, nvidiaN, nvidia-uvm, nvidia-caps/nvidia-capN
 * usr/lib/x86_64-linux-gnu/libcuda.so.VERSION, libcuda.so.1 -> …
 * usr/bin/nvidia-smi
 * lib/firmware/nvidia/VERSION/gsp_ga10x.bin
 * </pre>
 */
public final class DriverTree {

    public static final String LIB = "usr/lib/x86_64-linux-gnu";

    private final Path root;
    private final String version;

    public DriverTree(Path root, String version) throws IOException {
        this.root = root;
        this.version = version;
        String words = DriverVersion.major(version) >= 560 ? "Open Kernel Module for x86_64" : "x86_64 Kernel Module";
        file(
                "proc/driver/nvidia/version",
                "NVRM version: NVIDIA UNIX " + words + "  " + version
                        + "  Release Build  (dvs-builder@U22)\nGCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1)\n");
        for (String node : List.of("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")) {
            device(node);
        }
    }

    public Path root() {
        return root;
    }

    public RootedTree tree() {
        return new RootedTree(new StandInDevices(), root.toString());
    }

    public DriverTree file(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        return this;
    }

    public DriverTree device(String name) throws IOException {
        return file("dev/" + name, StandInDevices.OPEN);
    }

    public DriverTree refuse(String name) throws IOException {
        return file("dev/" + name, StandInDevices.REFUSED);
    }

    /** @param digit of a made-up UUID */
    public DriverTree gpu(int minor, String busId, String model, char digit) throws IOException {
        String uuid = "GPU-00000000-0000-0000-0000-00000000000" + digit;
        file(
                "proc/driver/nvidia/gpus/" + busId + "/information",
                "Model: \t\t " + model + "\nIRQ:   \t\t 54\nGPU UUID: \t "
                        + uuid
                        + "\nVideo BIOS: \t 96.00.89.00.01\nBus Type: \t PCIe\nDMA Size: \t 52 bits\nDMA Mask: \t"
                        + " 0xfffffffffffff\nBus Location: \t " + busId + "\nDevice Minor: \t " + minor
                        + "\nGPU Firmware: \t "
                        + version + "\nGPU Excluded:\t No\n");
        return device("nvidia" + minor);
    }

    /** Two instances of GPU 0, whose nodes are cap 21/22 and 30/31. */
    public DriverTree divided() throws IOException {
        file("proc/driver/nvidia-caps/mig-minors", """
                config 1
                monitor 2
                gpu0/gi1/access 21
                gpu0/gi1/ci0/access 22
                gpu0/gi2/access 30
                gpu0/gi2/ci0/access 31
                """);
        for (int instance = 1; instance <= 2; instance++) {
            String place = "proc/driver/nvidia/capabilities/gpu0/mig/gi" + instance;
            file(place + "/access", "DeviceFileMinor: 21\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
            file(place + "/ci0/access", "DeviceFileMinor: 22\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
        }
        for (int cap : new int[] {21, 22, 30, 31}) {
            device("nvidia-caps/nvidia-cap" + cap);
        }
        return this;
    }

    /** @param name without lib and .so */
    public DriverTree library(String name, String suffix, String soname) throws IOException, InterruptedException {
        Libraries.make(root.resolve(LIB).resolve("lib" + name + ".so." + suffix), soname);
        Path link = root.resolve(LIB).resolve(soname);
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, Path.of("lib" + name + ".so." + suffix));
        }
        return this;
    }

    /** The libraries that programs of CUDA load, and a few of graphics. */
    public DriverTree libraries() throws IOException, InterruptedException {
        library("cuda", version, "libcuda.so.1");
        library("nvidia-ml", version, "libnvidia-ml.so.1");
        library("nvidia-ptxjitcompiler", version, "libnvidia-ptxjitcompiler.so.1");
        library("nvcuvid", version, "libnvcuvid.so.1");
        library("nvidia-glcore", version, "libnvidia-glcore.so." + version);
        library("nvidia-egl-gbm", "1.1.1", "libnvidia-egl-gbm.so.1");
        library("nvidia-container", "1.17.0", "libnvidia-container.so.1");
        return this;
    }

    public DriverTree files() throws IOException {
        file("usr/bin/nvidia-smi", "#!/bin/sh\n");
        file("usr/bin/nvidia-cuda-mps-control", "#!/bin/sh\n");
        file("lib/firmware/nvidia/" + version + "/gsp_ga10x.bin", "firmware");
        file("usr/share/glvnd/egl_vendor.d/10_nvidia.json", "{}");
        file("etc/vulkan/icd.d/nvidia_icd.json", "{}");
        file("run/nvidia-persistenced/socket", "");
        return this;
    }
}

package io.jrun.runtime.device;

import static io.jrun.runtime.device.Capability.COMPUTE;
import static io.jrun.runtime.device.Capability.DISPLAY;
import static io.jrun.runtime.device.Capability.GRAPHICS;
import static io.jrun.runtime.device.Capability.NGX;
import static io.jrun.runtime.device.Capability.UTILITY;
import static io.jrun.runtime.device.Capability.VIDEO;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Names of what NVIDIA's driver installs, by what it is for. Source: README of the drivers 535 to 580, "Installed
 * Components"; libnvidia-container's lists.
 */
final class DriverFiles {

    /** Without "lib" and ".so.VERSION". */
    private static final Map<String, Set<Capability>> LIBRARIES = new TreeMap<>();

    static {
        libraries(Set.of(UTILITY), "nvidia-ml", "nvidia-cfg", "nvidia-nscq", "nvidia-sandboxutils");
        libraries(
                Set.of(COMPUTE),
                "cuda",
                "cudadebugger",
                "nvidia-opencl",
                "nvidia-ptxjitcompiler",
                "nvidia-fatbinaryloader",
                "nvidia-compiler",
                "nvidia-pkcs11",
                "nvidia-pkcs11-openssl3",
                "nvidia-nvvm",
                "nvidia-nvvm70",
                "nvidia-tileiras");
        libraries(Set.of(COMPUTE, GRAPHICS, DISPLAY), "nvidia-allocator");
        libraries(Set.of(COMPUTE, GRAPHICS, DISPLAY, VIDEO), "nvidia-gpucomp");
        libraries(Set.of(VIDEO), "vdpau_nvidia", "nvidia-encode", "nvidia-opticalflow", "nvcuvid");
        libraries(
                Set.of(GRAPHICS, DISPLAY),
                "nvidia-eglcore",
                "nvidia-glcore",
                "nvidia-tls",
                "nvidia-glsi",
                "nvidia-fbc",
                "nvidia-ifr",
                "nvidia-rtcore",
                "nvoptix",
                "GLX_nvidia",
                "EGL_nvidia",
                "GLESv2_nvidia",
                "GLESv1_CM_nvidia",
                "nvidia-glvkspirv",
                "nvidia-cbl",
                "nvidia-present",
                "nvidia-vulkan-producer",
                "nvidia-vksc-core",
                "nvidia-wayland-client",
                "nvidia-egl-gbm",
                "nvidia-egl-wayland",
                "nvidia-egl-wayland2",
                "nvidia-egl-xcb",
                "nvidia-egl-xlib",
                "nvidia-api");
        libraries(Set.of(NGX), "nvidia-ngx");
    }

    /** These come with the driver and have versions of their own. */
    private static final Set<String> OTHER_VERSION = Set.of(
            "nvidia-egl-gbm",
            "nvidia-egl-wayland",
            "nvidia-egl-wayland2",
            "nvidia-egl-xcb",
            "nvidia-egl-xlib",
            "nvidia-api",
            "nvidia-nvvm70");

    /** Of the toolkit for containers, and not of the driver. */
    private static final Set<String> NEVER = Set.of("nvidia-container", "nvidia-container-go");

    static final Map<Capability, List<String>> PROGRAMS = Map.of(
            UTILITY,
                    List.of(
                            "nvidia-smi",
                            "nvidia-debugdump",
                            "nvidia-persistenced",
                            "nv-fabricmanager",
                            "nvidia-imex",
                            "nvidia-imex-ctl"),
            COMPUTE, List.of("nvidia-cuda-mps-control", "nvidia-cuda-mps-server"));

    /** Of hosts without packages, whose driver is one directory: Container-Optimized OS, and nodes that are containers. */
    static final String ONE_DIRECTORY = "/usr/local/nvidia";

    static final List<String> PROGRAM_DIRECTORIES = List.of(
            "/usr/bin",
            "/usr/sbin",
            "/bin",
            "/opt/bin",
            "/usr/lib/nvidia/current",
            "/run/current-system/sw/bin",
            ONE_DIRECTORY + "/bin");

    /** Below /etc and /usr/share; programs of the image find them at the same place. */
    static final List<String> GRAPHICS_DATA = List.of(
            "glvnd/egl_vendor.d/10_nvidia.json",
            "egl/egl_external_platform.d/10_nvidia_wayland.json",
            "egl/egl_external_platform.d/09_nvidia_wayland2.json",
            "egl/egl_external_platform.d/15_nvidia_gbm.json",
            "egl/egl_external_platform.d/20_nvidia_xcb.json",
            "egl/egl_external_platform.d/20_nvidia_xlib.json",
            "vulkan/icd.d/nvidia_icd.json",
            "vulkan/icd.d/nvidia_icd.x86_64.json",
            "vulkan/icd.d/nvidia_icd.aarch64.json",
            "vulkan/implicit_layer.d/nvidia_layers.json",
            "vulkansc/icd.d/nvidia_icd_vksc.json",
            "nvidia/nvoptix.bin",
            "X11/xorg.conf.d/10-nvidia.conf",
            "X11/xorg.conf.d/nvidia-drm-outputclass.conf");

    /** Where distributions put modules of the X server. */
    static final List<String> XORG_DIRECTORIES =
            List.of("/usr/lib/xorg/modules", "/usr/lib64/xorg/modules", "/usr/lib/x86_64-linux-gnu/nvidia/xorg");

    private DriverFiles() {}

    private static void libraries(Set<Capability> capabilities, String... names) {
        for (String name : names) {
            LIBRARIES.put(name, capabilities);
        }
    }

    /**
     * What a file is for. A library of the driver's version that this list does not know serves all: the next driver
     * has one more, and what needs it fails without.
     *
     * @return empty for files that are none of the driver's
     */
    static Set<Capability> purposes(String fileName, String version) {
        int end = fileName.indexOf(".so.");
        if (!fileName.startsWith("lib") || end < 0) {
            return Set.of();
        }
        String stem = fileName.substring(3, end);
        boolean ofVersion = fileName.substring(end + 4).equals(version);
        if (NEVER.contains(stem) || (!ofVersion && !OTHER_VERSION.contains(stem))) {
            return Set.of();
        }
        return LIBRARIES.getOrDefault(stem, ofVersion && stem.contains("nv") ? Set.of(Capability.values()) : Set.of());
    }
}

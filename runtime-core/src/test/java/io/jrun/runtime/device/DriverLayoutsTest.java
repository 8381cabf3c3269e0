package io.jrun.runtime.device;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.runtime.device.DriverLayout.Library;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drivers of several branches where several distributions put them, with what else hosts have beside the libraries. */
class DriverLayoutsTest {

    private static final String V570 = "570.124.06";

    @TempDir
    Path root;

    private DriverTree host(String version) throws IOException {
        return new DriverTree(root, version).gpu(0, "0000:01:00.0", "NVIDIA H100 80GB HBM3", 'a');
    }

    private static DeviceSet compile(DriverTree host, Map<String, String> caller) throws JrunException {
        DeviceSet.Builder set = DeviceSet.builder();
        GpuWish wish = GpuWish.decide(Optional.of("all"), caller, Map.of());
        DeviceSurroundings surroundings = new DeviceSurroundings(host.tree(), Optional.empty(), caller, Map.of());
        GpuCompiler.compile(surroundings, GpuInventory.scan(host.tree()), wish, set);
        return set.build();
    }

    private static DeviceSet compile(DriverTree host, String capabilities) throws JrunException {
        return compile(host, Map.of("NVIDIA_DRIVER_CAPABILITIES", capabilities));
    }

    private static Set<String> names(DeviceSet set, String directory) {
        return set.binds().stream()
                .map(FileBind::path)
                .filter(path -> path.startsWith(directory + "/"))
                .map(path -> path.substring(directory.length() + 1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> files(Stream<Library> libraries) {
        return libraries.map(Library::file).collect(Collectors.toCollection(TreeSet::new));
    }

    @ParameterizedTest
    @CsvSource({"debian, 535.183.01", "debian-current, 550.54.15", "rhel, 570.124.06", "one-directory, 580.65.06"})
    void everyLibraryOfADriverComesAndNothingElse(String layout, String version) throws Exception {
        DriverTree host = host(version);
        DriverLayout.ALL.get(layout).make(root, version);

        DeviceSet set = compile(host, "all");

        assertAll(
                () -> assertEquals(
                        files(DriverLayout.libraries(version).stream()), names(set, "/usr/local/nvidia/lib64")),
                () -> assertEquals(
                        files(DriverLayout.libraries(version).stream().filter(Library::narrow)),
                        names(set, "/usr/local/nvidia/lib")),
                () -> assertEquals(Set.of("nvidia-smi"), names(set, "/usr/bin")),
                () -> assertEquals(
                        Set.of("vulkan/icd.d/nvidia_icd.json", "nvidia/nvoptix.bin"), names(set, "/usr/share")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"compute", "utility", "compute,utility", "video", "graphics"})
    void capabilitiesBringWhatTheListSaysAndNothingOf32Bits(String capabilities) throws Exception {
        DriverTree host = host("580.65.06");
        DriverLayout.ALL.get("debian").make(root, "580.65.06");
        List<String> asked = List.of(capabilities.split(",", -1));

        DeviceSet set = compile(host, capabilities);

        assertAll(
                () -> assertEquals(
                        files(DriverLayout.libraries("580.65.06").stream()
                                .filter(library ->
                                        library.capabilities().stream().anyMatch(asked::contains))),
                        names(set, "/usr/local/nvidia/lib64")),
                () -> assertEquals(Set.of(), names(set, "/usr/local/nvidia/lib")));
    }

    @Test
    void aDriverThatOnlyTheLoadersCacheKnowsIsFound() throws Exception {
        DriverTree host = host(V570);
        new DriverLayout("opt/vendor/driver", "opt/vendor/driver32", "usr/bin", "usr/share").make(root, V570);
        host.file("etc/ld.so.conf", "/opt/vendor/driver\n");
        io.jrun.runtime.elf.Libraries.run(List.of("/sbin/ldconfig", "-r", root.toString()));

        assertTrue(names(compile(host, "compute"), "/usr/local/nvidia/lib64").contains("libcuda.so." + V570));
    }

    @Test
    void whatRunsBesideTheDriverComesWhereItIs() throws Exception {
        DriverTree host = host(V570).libraries();
        for (String file : List.of(
                "run/nvidia-persistenced/socket",
                "run/nvidia-fabricmanager/socket",
                "srv/mps/control",
                "etc/OpenCL/vendors/nvidia.icd",
                "etc/cufile.json",
                "run/udev/data/b8:0",
                "usr/lib/xorg/modules/drivers/nvidia_drv.so",
                "usr/lib/xorg/modules/extensions/libglxserver_nvidia.so." + V570,
                "usr/share/egl/egl_external_platform.d/15_nvidia_gbm.json",
                "usr/share/egl/egl_external_platform.d/20_nvidia_xcb.json",
                "usr/share/glvnd/egl_vendor.d/10_nvidia.json")) {
            host.file(file, "there");
        }
        for (String node : List.of(
                "nvidia-fs0",
                "gdrdrv",
                "nvidia-nvswitchctl",
                "nvidia-nvswitch0",
                "nvidia-caps-imex-channels/channel0")) {
            host.device(node);
        }

        DeviceSet set = compile(
                host,
                Map.of(
                        "NVIDIA_DRIVER_CAPABILITIES", "all",
                        "CUDA_MPS_PIPE_DIRECTORY", "/srv/mps",
                        "NVIDIA_GDS", "enabled",
                        "NVIDIA_GDRCOPY", "enabled",
                        "NVIDIA_NVSWITCH", "enabled",
                        "NVIDIA_IMEX_CHANNELS", "0"));

        List<String> inside = set.binds().stream().map(FileBind::path).toList();
        List<String> nodes = set.nodes().stream().map(DeviceNode::path).toList();
        assertAll(
                () -> assertTrue(
                        inside.containsAll(List.of(
                                "/run/nvidia-persistenced/socket",
                                "/run/nvidia-fabricmanager/socket",
                                "/srv/mps",
                                "/etc/OpenCL/vendors/nvidia.icd",
                                "/etc/cufile.json",
                                "/run/udev",
                                "/usr/lib/xorg/modules/drivers/nvidia_drv.so",
                                "/usr/lib/xorg/modules/extensions/libglxserver_nvidia.so." + V570,
                                "/usr/share/egl/egl_external_platform.d/15_nvidia_gbm.json",
                                "/usr/share/egl/egl_external_platform.d/20_nvidia_xcb.json",
                                "/usr/share/glvnd/egl_vendor.d/10_nvidia.json")),
                        inside.toString()),
                () -> assertTrue(
                        nodes.containsAll(List.of(
                                "/dev/nvidia-fs0",
                                "/dev/gdrdrv",
                                "/dev/nvidia-nvswitchctl",
                                "/dev/nvidia-nvswitch0",
                                "/dev/nvidia-caps-imex-channels/channel0")),
                        nodes.toString()));
    }

    @Test
    void aGpuWithoutADriverIsAnErrorForWhoDemandsIt() throws Exception {
        HostUnsupportedException refused =
                assertThrows(HostUnsupportedException.class, () -> compile(host(V570), "compute"));

        assertTrue(refused.getMessage().contains("no library of driver " + V570), refused.getMessage());
    }
}

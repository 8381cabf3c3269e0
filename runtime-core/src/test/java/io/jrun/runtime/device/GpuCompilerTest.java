package io.jrun.runtime.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.DeniedException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.runtime.elf.Libraries;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.loader.LoaderCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GpuCompilerTest {

    private static final String H100 = "NVIDIA H100 80GB HBM3";

    @TempDir
    Path root;

    private Optional<RootedTree> image = Optional.empty();

    private DeviceSet compile(
            DriverTree host, Optional<String> option, Map<String, String> caller, Map<String, String> imageVariables)
            throws JrunException {
        DeviceSet.Builder set = DeviceSet.builder();
        GpuWish wish = GpuWish.decide(option, caller, imageVariables);
        DeviceSurroundings surroundings = new DeviceSurroundings(host.tree(), image, caller, imageVariables);
        GpuCompiler.compile(surroundings, GpuInventory.scan(host.tree()), wish, set);
        image.ifPresent(tree -> LoaderStep.apply(set, tree));
        return set.build();
    }

    private DeviceSet compile(DriverTree host, String option) throws JrunException {
        return compile(host, Optional.of(option), Map.of(), Map.of());
    }

    private static List<String> nodes(DeviceSet set) {
        return set.nodes().stream()
                .map(DeviceNode::path)
                .filter(path -> path.matches("/dev/nvidia([0-9]+|-caps/.*)"))
                .toList();
    }

    private static List<String> inside(DeviceSet set) {
        return set.binds().stream().map(FileBind::path).toList();
    }

    private DriverTree two() throws Exception {
        return new DriverTree(root, "570.124.06")
                .gpu(0, "0000:41:00.0", H100, 'a')
                .gpu(1, "0000:01:00.0", H100, 'b')
                .library("cuda", "570.124.06", "libcuda.so.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"535.183.01", "550.54.15", "570.124.06", "580.65.06"})
    void driversOfEveryBranchAreFoundByNameAndVersion(String version) throws Exception {
        DriverTree host = new DriverTree(root, version)
                .gpu(0, "0000:01:00.0", H100, 'a')
                .libraries()
                .files();

        DeviceSet set = compile(host, "all");

        assertTrue(
                inside(set)
                        .containsAll(List.of(
                                "/usr/local/nvidia/lib64/libcuda.so." + version,
                                "/usr/local/nvidia/lib64/libnvidia-ml.so." + version,
                                "/usr/local/nvidia/lib64/libnvidia-egl-gbm.so.1.1.1",
                                "/usr/bin/nvidia-smi",
                                "/lib/firmware/nvidia/" + version + "/gsp_ga10x.bin",
                                "/run/nvidia-persistenced/socket",
                                "/etc/vulkan/icd.d/nvidia_icd.json")),
                inside(set).toString());
        assertFalse(inside(set).toString().contains("libnvidia-container"));
        assertTrue(set.links().stream()
                .anyMatch(link ->
                        link.path().endsWith("/libcuda.so.1") && link.target().equals("libcuda.so." + version)));
        assertEquals(List.of("/dev/nvidia0"), nodes(set));
    }

    @Test
    void onlyTheCapabilitiesThatAreAskedForComeAlong() throws Exception {
        DriverTree host = two().libraries().files();

        DeviceSet set =
                compile(host, Optional.of("all"), Map.of(), Map.of("NVIDIA_DRIVER_CAPABILITIES", "compute,utility"));

        assertTrue(inside(set).contains("/usr/local/nvidia/lib64/libcuda.so.570.124.06"));
        assertFalse(inside(set).toString().contains("libnvcuvid"));
        assertFalse(inside(set).toString().contains("libnvidia-glcore"));
        assertFalse(inside(set).toString().contains("nvidia_icd"));
    }

    @Test
    void numbersFollowPciAddressesAndNotMinors() throws Exception {
        assertEquals(List.of("/dev/nvidia1"), nodes(compile(two(), "0,")));
    }

    @Test
    void numbersCountOnlyWhatTheJobMayOpen() throws Exception {
        DriverTree host = two().refuse("nvidia1");

        DeviceSet set = compile(host, "0,");

        assertEquals(List.of("/dev/nvidia0"), nodes(set));
    }

    @Test
    void allLeavesOutWhatTheJobMayNotOpenAndSaysSo() throws Exception {
        DeviceSet set = compile(two().refuse("nvidia1"), "all");

        assertEquals(List.of("/dev/nvidia0"), nodes(set));
        assertTrue(
                set.notes().stream().anyMatch(note -> note.text().contains("EPERM")),
                set.notes().toString());
    }

    @Test
    void everyRankOfAJobSeesAllGpusOfTheJob() throws Exception {
        DeviceSet set = compile(two(), Optional.empty(), Map.of("CUDA_VISIBLE_DEVICES", "1"), Map.of());

        assertEquals(2, nodes(set).size());
        assertEquals(
                List.of(),
                set.variables().stream()
                        .filter(v -> v.name().startsWith("CUDA"))
                        .toList());
    }

    @Test
    void aChoiceIsCountedFromZeroAgain() throws Exception {
        DeviceSet set = compile(two(), Optional.of("1,"), Map.of("CUDA_VISIBLE_DEVICES", "0,1"), Map.of());

        assertEquals(
                Optional.of("0"),
                set.variables().stream()
                        .filter(each -> each.name().equals("CUDA_VISIBLE_DEVICES"))
                        .findFirst()
                        .flatMap(DeviceVariable::value));
    }

    @Test
    void divisionsAreGivenWithTheNodesOfBothInstances() throws Exception {
        DriverTree host = two().divided();

        assertEquals(
                List.of("/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap31"),
                nodes(compile(host, "1:1")));
        assertEquals(
                List.of("/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap21", "/dev/nvidia-caps/nvidia-cap22"),
                nodes(compile(host, "MIG-GPU-00000000-0000-0000-0000-00000000000a/1/0")));
    }

    @Test
    void missingUnifiedMemoryIsAWarningWithItsMend() throws Exception {
        DriverTree host = two();
        Files.delete(root.resolve("dev/nvidia-uvm"));

        DeviceSet set = compile(host, "all");

        assertTrue(set.notes().stream()
                .anyMatch(note -> note.weight() == DeviceNote.Weight.WARNING
                        && note.text().contains("nvidia-modprobe -u")));
    }

    @Nested
    class Refusals {

        @Test
        void nothingThereIsAnErrorWhenDemandedAndSilentWhenAutomatic() throws Exception {
            DriverTree host = new DriverTree(root, "570.124.06");

            assertThrows(NotFoundException.class, () -> compile(host, "all"));
            assertTrue(compile(host, Optional.empty(), Map.of(), Map.of("NVIDIA_VISIBLE_DEVICES", "all"))
                    .isEmpty());
        }

        @Test
        void gpusOfAnotherJobAreDenied() throws Exception {
            DriverTree host = two().refuse("nvidia0").refuse("nvidia1");

            DeniedException all = assertThrows(DeniedException.class, () -> compile(host, "all"));
            assertTrue(all.getMessage().contains("EPERM") && all.getMessage().contains("--gpus"), all.getMessage());
            assertTrue(compile(host, Optional.empty(), Map.of("SLURM_JOB_GPUS", "0"), Map.of())
                    .isEmpty());
        }

        @Test
        void oneNamedGpuOfAnotherJobIsDenied() throws Exception {
            DriverTree host = two().refuse("nvidia0");

            assertThrows(DeniedException.class, () -> compile(host, "GPU-00000000-0000-0000-0000-00000000000a"));
        }

        @Test
        void unknownNamesAreToldWithThoseThereAre() throws Exception {
            NotFoundException uuid = assertThrows(NotFoundException.class, () -> compile(two(), "GPU-12345678"));
            assertTrue(uuid.getMessage().contains("0 GPU-00000000"), uuid.getMessage());
            assertThrows(NotFoundException.class, () -> compile(two(), "7,"));
            assertThrows(NotFoundException.class, () -> compile(two(), "3"));
            assertThrows(UsageException.class, () -> compile(two(), "0"));
            assertThrows(UsageException.class, () -> compile(two(), "a b"));
        }

        @Test
        void wrongMigNamesAreToldWithTheInstancesThereAre() throws Exception {
            DriverTree host = two().divided();

            NotFoundException wrong = assertThrows(NotFoundException.class, () -> compile(host, "1:5"));
            assertTrue(wrong.getMessage().contains("0 (gi 1, ci 0), 1 (gi 2, ci 0)"), wrong.getMessage());
            NotFoundException whole = assertThrows(NotFoundException.class, () -> compile(host, "0:0"));
            assertTrue(whole.getMessage().contains("is not divided"), whole.getMessage());
        }

        @Test
        void anImageForANewerDriverIsRefusedWithFigures() throws Exception {
            DriverTree host = new DriverTree(root, "535.183.01").gpu(0, "0000:01:00.0", "NVIDIA GeForce RTX 4090", 'a');
            Map<String, String> needs = Map.of("NVIDIA_REQUIRE_CUDA", "cuda>=12.8 brand=tesla,driver>=470,driver<536");

            HostUnsupportedException refused = assertThrows(
                    HostUnsupportedException.class, () -> compile(host, Optional.of("all"), Map.of(), needs));

            assertTrue(refused.getMessage().contains("cuda 12.2"), refused.getMessage());
        }

        @Test
        void anAlternativeThatHoldsIsEnough() throws Exception {
            DriverTree host = new DriverTree(root, "535.183.01")
                    .gpu(0, "0000:01:00.0", H100, 'a')
                    .library("cuda", "535.183.01", "libcuda.so.1");
            Map<String, String> needs = Map.of("NVIDIA_REQUIRE_CUDA", "cuda>=12.8 brand=tesla,driver>=470,driver<536");

            assertEquals(
                    1, nodes(compile(host, Optional.of("all"), Map.of(), needs)).size());
        }
    }

    @Nested
    class WithAnImage {

        @TempDir
        Path rootfs;

        /** A Debian image whose libc is the host's. */
        private void debian() throws Exception {
            Path lib = Files.createDirectories(rootfs.resolve("lib64"));
            Files.writeString(lib.resolve("ld-linux-x86-64.so.2"), "");
            Path libc = Path.of("/lib/x86_64-linux-gnu/libc.so.6");
            Files.copy(Files.exists(libc) ? libc : Path.of("/lib64/libc.so.6"), lib.resolve("libc.so.6"));
            image = Optional.of(new RootedTree(new KernelTree(), rootfs.toString()));
        }

        private List<String> warnings(DeviceSet set) {
            return set.notes().stream()
                    .filter(note -> note.weight() == DeviceNote.Weight.WARNING)
                    .map(DeviceNote::text)
                    .toList();
        }

        @Test
        void theLoaderFindsTheDriverBySoname() throws Exception {
            debian();

            DeviceSet set = compile(two().libraries(), "all");

            assertEquals(Optional.of("/etc/ld.so.cache"), set.loader().map(file -> file.path()));
            LoaderCache cache = LoaderCache.parse(set.loader().get().content(), "ours");
            assertEquals(
                    Optional.of("/usr/local/nvidia/lib64/libcuda.so.1"),
                    cache.find("libcuda.so.1", 0x0303).map(entry -> entry.path()));
            assertEquals(List.of(), warnings(set));
        }

        @Test
        void anOldLibcIsToldBeforeTheProgramFails() throws Exception {
            debian();
            Files.delete(rootfs.resolve("lib64/libc.so.6"));
            Libraries.makeVersioned(rootfs.resolve("lib64/libc.so.6"), "libc.so.6", "GLIBC_2.1", "GLIBC_2.1.3");

            DeviceSet set = compile(two().libraries(), "all");

            assertTrue(
                    warnings(set)
                            .contains("libcuda.so.1 needs GLIBC_2.2.5 of libc.so.6, the image ends at GLIBC_2.1.3"),
                    warnings(set).toString());
        }

        @Test
        void muslGetsAPathFileAndAWarning() throws Exception {
            Files.createDirectories(rootfs.resolve("lib"));
            Files.writeString(rootfs.resolve("lib/ld-musl-x86_64.so.1"), "");
            image = Optional.of(new RootedTree(new KernelTree(), rootfs.toString()));

            DeviceSet set = compile(two().libraries(), "all");

            assertEquals(Optional.of("/etc/ld-musl-x86_64.path"), set.loader().map(file -> file.path()));
            assertEquals(
                    "/lib\n/usr/local/lib\n/usr/lib\n/usr/local/nvidia/lib64\n",
                    new String(set.loader().get().content(), java.nio.charset.StandardCharsets.UTF_8));
            assertTrue(warnings(set).get(0).contains("musl"));
        }

        @Test
        void aNewerLibcudaOfTheImageGoesFirst() throws Exception {
            debian();
            Libraries.make(rootfs.resolve("usr/local/cuda/compat/libcuda.so.580.65.06"), "libcuda.so.1");

            DeviceSet set = compile(two().libraries(), "all");

            LoaderCache cache = LoaderCache.parse(set.loader().get().content(), "ours");
            assertEquals(
                    "/usr/local/cuda/compat/libcuda.so.1",
                    cache.find("libcuda.so.1", 0x0303).orElseThrow().path());
        }

        @Test
        void anOlderLibcudaOfTheImageIsNotUsed() throws Exception {
            debian();
            Libraries.make(rootfs.resolve("usr/local/cuda/compat/libcuda.so.535.54.03"), "libcuda.so.1");

            DeviceSet set = compile(two().libraries(), "all");

            LoaderCache cache = LoaderCache.parse(set.loader().get().content(), "ours");
            assertEquals(
                    "/usr/local/nvidia/lib64/libcuda.so.1",
                    cache.find("libcuda.so.1", 0x0303).orElseThrow().path());
        }
    }

    @Test
    void amdGpusComeWithTheirComputeNodeInTheOrderOfTheTopology() throws Exception {
        DriverTree host = new DriverTree(root, "570.124.06").device("kfd");
        for (int minor : new int[] {128, 129}) {
            String device = "sys/devices/pci0000:00/0000:0" + (minor - 127) + ":00.0";
            host.file(device + "/vendor", "0x1002\n");
            host.file(device + "/drm/card" + (minor - 128) + "/dev", "226:0\n");
            host.file(device + "/drm/renderD" + minor + "/dev", "226:128\n");
            Files.createDirectories(root.resolve("sys/class/drm"));
            Path drm = root.resolve(device + "/drm/renderD" + minor);
            Files.createSymbolicLink(drm.resolve("device"), Path.of("../.."));
            Files.createSymbolicLink(
                    root.resolve("sys/class/drm/renderD" + minor),
                    Path.of("../../../" + device + "/drm/renderD" + minor));
            host.device("dri/renderD" + minor).device("dri/card" + (minor - 128));
            host.file(
                    "sys/class/kfd/kfd/topology/nodes/" + (131 - minor) + "/properties",
                    "simd_count 304\ndrm_render_minor " + minor + "\nunique_id 1234567890123456" + minor + "\n");
        }

        DeviceSet set = compile(host, "0,");
        GpuInventory inventory = GpuInventory.scan(host.tree());

        assertEquals(
                List.of("/dev/kfd", "/dev/dri/renderD129", "/dev/dri/card1"),
                set.nodes().stream().map(DeviceNode::path).toList());
        assertEquals("0000:02:00.0", inventory.gpus().get(0).busId());
        assertTrue(inventory.gpus().get(0).uuid().orElseThrow().startsWith("GPU-"));
    }

    @Test
    void fastNetworksAreShownWhenTheyOpen() throws Exception {
        DriverTree host = new DriverTree(root, "570.124.06")
                .device("infiniband/uverbs0")
                .device("infiniband/rdma_cm")
                .refuse("infiniband/umad0")
                .device("cxi0")
                .device("cxinot");
        DeviceSet.Builder set = DeviceSet.builder();

        PlainDevices.addFabrics(host.tree(), set);

        assertEquals(
                List.of("/dev/infiniband/uverbs0", "/dev/infiniband/rdma_cm", "/dev/cxi0"),
                set.build().nodes().stream().map(DeviceNode::path).toList());
    }

    @Test
    void plainDevicesAreRefusedForFourReasons() throws Exception {
        DriverTree host =
                new DriverTree(root, "570.124.06").device("fuse").refuse("kvm").file("dev/text", "no node");
        DeviceSet.Builder set = DeviceSet.builder();

        PlainDevices.add(host.tree(), "/dev/fuse:/dev/fuse2:rw", set);

        assertEquals("/dev/fuse2", set.build().nodes().get(0).path());
        assertThrows(NotFoundException.class, () -> PlainDevices.add(host.tree(), "/dev/nowhere", set));
        assertThrows(DeniedException.class, () -> PlainDevices.add(host.tree(), "/dev/kvm", set));
        assertThrows(UsageException.class, () -> PlainDevices.add(host.tree(), "/dev/text", set));
        assertThrows(UsageException.class, () -> PlainDevices.add(host.tree(), "/dev/fuse:x", set));
    }
}

package io.jrun.runtime.cdi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.runtime.device.DeviceNode;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.DriverTree;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.device.GpuVendor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CdiTest {

    private static final String SPEC = """
            cdiVersion: "0.5.0"
            kind: example.com/gpu
            devices:
              - name: "0"
                containerEdits:
                  deviceNodes:
                    - path: /dev/gpu0
                      hostPath: /dev/nvidia0
                      permissions: rw
              - name: all
                containerEdits:
                  deviceNodes: [{path: /dev/nvidia0}, {path: /dev/nvidia1}]
            containerEdits:
              env: ["EXAMPLE=yes", "EMPTY="]
              mounts:
                - hostPath: /usr/lib/x86_64-linux-gnu/libcuda.so.570.124.06
                  containerPath: /usr/lib64/libcuda.so.570.124.06
                  options: [ro, nosuid, nodev, bind]
                - hostPath: /usr/bin/missing
                  containerPath: /usr/bin/missing
              hooks:
                - hookName: createContainer
                  path: /usr/bin/nvidia-cdi-hook
                  args: [nvidia-cdi-hook, create-symlinks, --link, "libcuda.so.1::/usr/lib64/libcuda.so"]
                - hookName: createContainer
                  path: /usr/bin/nvidia-ctk
                  args: [nvidia-ctk, hook, update-ldcache, --folder=/usr/lib64]
                - hookName: createContainer
                  path: /usr/bin/nvidia-ctk
                  args: [nvidia-ctk, hook, chmod, --mode, "755", --path, /dev/dri]
                - hookName: createRuntime
                  path: /opt/unknown
            """;

    @TempDir
    Path root;

    private DriverTree host;

    @BeforeEach
    void host() throws Exception {
        host = new DriverTree(root, "570.124.06")
                .gpu(0, "0000:01:00.0", "NVIDIA H100", 'a')
                .gpu(1, "0000:02:00.0", "NVIDIA H100", 'b')
                .library("cuda", "570.124.06", "libcuda.so.1");
    }

    private DeviceSet give(String... devices) throws JrunException {
        return DeviceInjection.compile(
                new DeviceRequest(Optional.empty(), List.of(devices)),
                new DeviceSurroundings(host.tree(), Optional.empty(), Map.of(), Map.of()));
    }

    private static List<String> nodes(DeviceSet set) {
        return set.nodes().stream().map(DeviceNode::path).toList();
    }

    @Test
    void editsAndHooksBecomeOneDeviceSet() throws Exception {
        host.file("etc/cdi/example.yaml", SPEC);

        DeviceSet set = give("example.com/gpu=0");

        assertEquals(List.of("/dev/gpu0"), nodes(set));
        assertEquals(root + "/dev/nvidia0", set.nodes().get(0).hostPath());
        assertEquals(
                List.of("/usr/lib64/libcuda.so.570.124.06"),
                set.binds().stream().map(FileBind::path).toList());
        assertEquals(
                Map.of("/usr/lib64/libcuda.so", "libcuda.so.1", "/usr/lib64/libcuda.so.1", "libcuda.so.570.124.06"),
                set.links().stream()
                        .collect(java.util.stream.Collectors.toMap(link -> link.path(), link -> link.target())));
        assertEquals(Map.of("/dev/dri", "755"), set.modes());
        assertEquals(1, set.libraries().size());
        assertEquals(Optional.of(""), set.variables().get(1).value());
        String notes = set.notes().toString();
        assertTrue(notes.contains("/opt/unknown") && notes.contains("/usr/bin/missing"), notes);
    }

    @Test
    void jsonSaysTheSameAsYaml() throws Exception {
        host.file("etc/cdi/a.yaml", SPEC);
        DeviceSet fromYaml = give("example.com/gpu=all");
        String json = io.jrun.json.Json.toPrettyText(Yaml.parse(SPEC.getBytes(StandardCharsets.UTF_8), "a"));
        java.nio.file.Files.delete(root.resolve("etc/cdi/a.yaml"));
        host.file("etc/cdi/a.json", json);

        assertEquals(nodes(fromYaml), nodes(give("example.com/gpu=all")));
    }

    @Test
    void theDynamicDirectoryGoesBeforeTheStaticOne() throws Exception {
        host.file("etc/cdi/a.yaml", SPEC);
        host.file("var/run/cdi/b.yaml", SPEC.replace("/dev/gpu0", "/dev/other"));

        assertEquals(List.of("/dev/other"), nodes(give("example.com/gpu=0")));
    }

    @Test
    void twoSpecsOfOneDirectoryConflictOnlyWhereTheyMeet() throws Exception {
        host.file("etc/cdi/a.yaml", SPEC);
        host.file("etc/cdi/b.yaml", SPEC.replace("name: all", "name: some"));

        assertThrows(CorruptDataException.class, () -> give("example.com/gpu=0"));
        assertEquals(2, nodes(give("example.com/gpu=all")).size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "a: [",
                "cdiVersion: '9.9.9'\nkind: a.b/c\ndevices: [{name: x, containerEdits: {}}]",
                "cdiVersion: '0.5.0'\nkind: nothing\ndevices: [{name: x, containerEdits: {}}]",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: []",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: [{name: x, surprise: 1}]",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: [{name: x}, {name: x}]",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: [{name: x, containerEdits: {env: [NOVALUE]}}]",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: [{name: x, containerEdits: {deviceNodes: [{path: dev}]}}]",
                "cdiVersion: '0.5.0'\nkind: a.b/c\ndevices: [{name: x, containerEdits: {mounts: [{hostPath: /a,"
                        + " containerPath: /b/../../c}]}}]"
            })
    void malformedSpecsAreToldByFileWhenTheirDeviceMayBeMeant(String text) throws Exception {
        host.file("etc/cdi/bad.yaml", text);
        host.file("etc/cdi/good.yaml", SPEC);

        CorruptDataException told = assertThrows(CorruptDataException.class, () -> give("a.b/c=x"));

        assertTrue(told.getMessage().contains("/etc/cdi/bad.yaml"), told.getMessage());
        assertTrue(told.getMessage().contains("hint:"), told.getMessage());
        assertEquals(List.of("/dev/gpu0"), nodes(give("example.com/gpu=0")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"cdiVersion\": 7", "{} {}", "[]", "{\"cdiVersion\": \"0.5.0\", \"cdiVersion\": 1}"})
    void malformedJsonIsToldInTheSameWay(String text) throws Exception {
        host.file("etc/cdi/bad.json", text);

        CorruptDataException told = assertThrows(CorruptDataException.class, () -> give("a.b/c=x"));

        assertTrue(told.getMessage().startsWith("cannot read the CDI spec /etc/cdi/bad.json: "), told.getMessage());
        assertTrue(told.getMessage().contains("hint: correct the file"), told.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"})
    void everyCurrentVersionIsRead(String version) throws Exception {
        host.file("etc/cdi/a.yaml", SPEC.replace("0.5.0", version));

        assertEquals(1, nodes(give("example.com/gpu=0")).size());
    }

    @Test
    void unknownStaleAndRefusedDevicesAreThreeErrors() throws Exception {
        host.file("etc/cdi/a.yaml", SPEC);

        assertTrue(assertThrows(NotFoundException.class, () -> give("example.com/gpu=7"))
                .getMessage()
                .contains("example.com/gpu=0"));
        assertThrows(UsageException.class, () -> give("example.com=7"));
        host.refuse("nvidia0");
        assertThrows(DeniedException.class, () -> give("example.com/gpu=0"));
        java.nio.file.Files.delete(root.resolve("dev/nvidia0"));
        assertThrows(NotFoundException.class, () -> give("example.com/gpu=0"));
    }

    @Test
    void whatWeWriteWeRead() throws Exception {
        host.libraries().files().divided();
        String yaml = CdiGenerator.toYaml(CdiGenerator.generate(host.tree(), GpuVendor.NVIDIA));
        // Host paths of a spec are those of the host; here they lie below the root once more.
        host.file("etc/cdi/nvidia.yaml", yaml.replace(root + "/", "/"));

        DeviceSet one = give("nvidia.com/gpu=1");
        DeviceSet part = give("nvidia.com/gpu=0:1");
        DeviceSet all = give("nvidia.com/gpu=all");

        assertTrue(
                nodes(one).containsAll(List.of("/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm")), one.toString());
        assertTrue(nodes(part).contains("/dev/nvidia-caps/nvidia-cap31"), part.toString());
        assertTrue(nodes(all).containsAll(List.of("/dev/nvidia0", "/dev/nvidia1")));
        assertTrue(one.libraries().stream().anyMatch(each -> each.soname().equals("libcuda.so.1")));
    }

    @Test
    void fabricsThatWeWriteWeRead() throws Exception {
        assertThrows(NotFoundException.class, () -> CdiGenerator.ofFabrics(host.tree()));
        host.device("infiniband/uverbs0").device("infiniband/rdma_cm").device("cxi0");

        host.file(
                "etc/cdi/fabric.yaml",
                CdiGenerator.toYaml(CdiGenerator.ofFabrics(host.tree())).replace(root + "/", "/"));

        assertEquals(List.of("/dev/infiniband/uverbs0"), fabrics(give("jrun/fabric=uverbs0")));
        assertEquals(
                List.of("/dev/infiniband/uverbs0", "/dev/infiniband/rdma_cm", "/dev/cxi0"),
                fabrics(give("jrun/fabric=all")));
    }

    /** Those that the spec gave: all others come along where any device is given. */
    private static List<String> fabrics(DeviceSet set) {
        return set.nodes().stream()
                .filter(node -> node.reason().contains("fabric"))
                .map(DeviceNode::path)
                .toList();
    }

    @Test
    void directoriesOfASiteOutweighTheUsualOnes() throws Exception {
        host.file("etc/cdi/a.yaml", SPEC).file("srv/cdi/b.yaml", SPEC.replace("EXAMPLE=yes", "EXAMPLE=site"));

        DeviceSet set = DeviceInjection.compile(
                new DeviceRequest(Optional.empty(), List.of("example.com/gpu=0")),
                new DeviceSurroundings(host.tree(), Optional.empty(), Map.of(), Map.of(), List.of("/srv/cdi")));

        assertEquals(
                Optional.of("site"),
                set.variables().stream()
                        .filter(each -> each.name().equals("EXAMPLE"))
                        .findFirst()
                        .orElseThrow()
                        .value());
    }

    @Test
    void noBytesOfAYamlFileDoMoreThanFail() {
        byte[] whole = SPEC.getBytes(StandardCharsets.UTF_8);
        long seed = 3;
        Random random = new Random(seed);
        int told = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] copy = whole.clone();
            for (int k = 0; k < 3; k++) {
                copy[random.nextInt(copy.length)] = (byte) random.nextInt(256);
            }
            try {
                CdiReader.read(copy, "damaged.yaml");
            } catch (CorruptDataException expected) {
                told++;
            }
        }
        assertTrue(told > 500, "seed " + seed + ": told " + told + " times");
    }

    @Test
    void aliasesThatGrowWithoutEndAreRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n".formatted(i, i, i - 1, i - 1, i - 1, i - 1));
        }

        assertThrows(
                CorruptDataException.class,
                () -> Yaml.parse(bomb.toString().getBytes(StandardCharsets.UTF_8), "bomb.yaml"));
    }
}

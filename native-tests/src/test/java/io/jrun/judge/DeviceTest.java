package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.runtime.cdi.DeviceInjection;
import io.jrun.runtime.cdi.DeviceRequest;
import io.jrun.runtime.device.DeviceLink;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.FileBind;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A driver of files, with the kernel's null device for each node: the kernel and the dynamic linker are the judges. */
@NeedsRoot
class DeviceTest {

    private static final String VERSION = "570.124.06";
    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Path FOLDER = Workbench.newFolder("devices", Account.USER);

    /** GPU 0000:01:00.0 belongs to another job: its node may not be opened. */
    private static final String DRIVER = """
            set -e
            mkdir -p driver/dev driver/usr/bin driver/lib64 driver/proc/driver/nvidia/gpus
            echo 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  VERSION  Release Build' \
                > driver/proc/driver/nvidia/version
            for gpu in 0 1; do
              mkdir -p driver/proc/driver/nvidia/gpus/0000:0$((gpu + 1)):00.0
              printf 'Model: \\t\\t NVIDIA H100\\nGPU UUID: \\t GPU-00000000-0000-0000-0000-00000000000%s\\n\
            Device Minor: \\t %s\\n' $gpu $gpu > driver/proc/driver/nvidia/gpus/0000:0$((gpu + 1)):00.0/information
            done
            for node in nvidiactl nvidia-uvm nvidia0 nvidia1; do
              mknod -m 666 driver/dev/$node c 1 3
            done
            chmod 000 driver/dev/nvidia0
            mkdir driver/dev/infiniband
            mknod -m 666 driver/dev/infiniband/uverbs0 c 1 3
            mknod -m 600 driver/dev/cxi0 c 1 3
            mkdir -p driver/usr/lib64
            echo 'int cuInit(unsigned flags) { return 42 + (int) flags; }' > cuda.c
            gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o driver/usr/lib64/libcuda.so.VERSION cuda.c
            mkdir -p image/etc image/lib image/lib64
            cp -L "$(gcc -print-file-name=libc.so.6)" image/lib/
            cp -L "$(readelf -p .interp /bin/true | grep -o '/lib[^ ]*')" image/lib64/
            cat > probe.c <<'C'
            #include <dlfcn.h>
            int main(void) {
                void *cuda = dlopen("libcuda.so.1", RTLD_NOW);
                int (*init)(unsigned) = cuda ? (int (*)(unsigned)) dlsym(cuda, "cuInit") : 0;
                return init ? init(1) : 1;
            }
            C
            gcc -o image/probe probe.c -Wl,--dynamic-linker=/lib64/$(basename image/lib64/ld-*)
            chmod -R a+rX .
            """;

    @BeforeAll
    static void make() {
        Command.of("bash", "-c", DRIVER.replace("VERSION", VERSION))
                .in(FOLDER)
                .run()
                .orFail();
    }

    private static DeviceSet allGpus() throws IOException {
        KernelTree kernel = new KernelTree();
        return DeviceInjection.compile(
                new DeviceRequest(Optional.of("all"), List.of()),
                new DeviceSurroundings(
                        new RootedTree(kernel, FOLDER.resolve("driver").toString()),
                        Optional.of(
                                new RootedTree(kernel, FOLDER.resolve("image").toString())),
                        Map.of(),
                        Map.of()));
    }

    private static Path inside(String path) throws IOException {
        Path place = FOLDER.resolve("image").resolve(path.substring(1));
        Files.createDirectories(place.getParent());
        return place;
    }

    @Test
    void aProgramLoadsTheDriverByItsSonameThroughOurCache() throws IOException {
        Command probe = Command.of("chroot", FOLDER.resolve("image").toString(), "/probe");
        assertEquals(1, probe.run().status());
        DeviceSet set = allGpus();

        for (FileBind bind : set.binds()) {
            Files.copy(Path.of(bind.hostPath()), inside(bind.path()));
        }
        for (DeviceLink link : set.links()) {
            Files.createSymbolicLink(inside(link.path()), Path.of(link.target()));
        }
        Files.write(
                inside(set.loader().orElseThrow().path()),
                set.loader().orElseThrow().content());

        assertEquals(43, probe.run().status());
    }

    @Test
    void aJobSeesWhyAGpuIsNotItsOwn() throws IOException {
        Command.Result listed = JRUN.run(
                        "gpu",
                        "list",
                        "--gpu",
                        "--driver-root",
                        FOLDER.resolve("driver").toString(),
                        "--format",
                        "json")
                .orFail();

        JsonValue report = Json.parse(listed.output(), "gpu list");
        List<JsonValue> gpus = report.array("gpus");
        assertEquals(Optional.of("permission denied (EACCES)"), gpus.get(0).string("refusal"));
        assertEquals(0, gpus.get(1).integer("index").orElseThrow());
        List<String> nodes = report.member("given").orElseThrow().array("nodes").stream()
                .map(node -> node.string("path").orElseThrow())
                .toList();
        assertTrue(nodes.contains("/dev/nvidia1") && !nodes.contains("/dev/nvidia0"), nodes.toString());
    }

    @Test
    void fastNetworksAreListedAndSpecified() throws IOException {
        String root = FOLDER.resolve("driver").toString();

        Command.Result listed = JRUN.run("gpu", "list", "--driver-root", root).orFail();
        Command.Result spec = JRUN.run(
                        "cdi", "generate", "--vendor", "fabric", "--driver-root", root, "--format", "json")
                .orFail();

        assertTrue(listed.text().matches("(?s).*/dev/infiniband/uverbs0 +InfiniBand verbs +yes\n.*"), listed.text());
        assertTrue(listed.text().matches("(?s).*/dev/cxi0 +Slingshot +no: .*EACCES.*"), listed.text());
        assertEquals(
                List.of("uverbs0", "cxi0", "all"),
                Json.parse(spec.output(), "spec").array("devices").stream()
                        .map(device -> device.string("name").orElseThrow())
                        .toList());
    }

    @Test
    void aSpecIsWrittenWholeOrNotAtAll() throws IOException {
        Path spec = JRUN.file("cdi/nvidia.json");
        String[] generate = {
            "cdi",
            "generate",
            "--format",
            "json",
            "--driver-root",
            FOLDER.resolve("driver").toString(),
            "-o"
        };

        Command.Result written = JRUN.run(append(generate, spec.toString())).orFail();
        Command.Result refused = JRUN.run(append(generate, "/etc/cdi-of-nobody/nvidia.json"));

        assertEquals(spec.toString(), written.text());
        assertEquals(
                Optional.of("nvidia.com/gpu"),
                Json.parse(Files.readAllBytes(spec), spec.toString()).string("kind"));
        assertEquals(8, refused.status(), refused.toString());
        assertTrue(Files.notExists(Path.of("/etc/cdi-of-nobody")));
    }

    private static String[] append(String[] words, String last) {
        String[] longer = java.util.Arrays.copyOf(words, words.length + 1);
        longer[words.length] = last;
        return longer;
    }
}

package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * Containers with a driver of files, started by an account without rights: the dynamic linkers of two C libraries find
 * it, and the kernel opens the nodes, copies of its null device.
 */
@NeedsRoot
@NeedsUserns
class GpuStartTest {

    /** What the probe exits with when it called into the driver's libcuda. */
    private static final int LOADED = 43;

    private static final String VERSION = "570.124.06";
    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Path DRIVER = Workbench.newFolder("driver", Account.ROOT);
    private static final Path GLIBC = Workbench.newFolder("glibc", Account.USER);
    private static final Path MUSL = Workbench.newFolder("musl", Account.USER);

    private static String script(String name) {
        return Workbench.module().resolve("gpu").resolve(name).toString();
    }

    private static void makeDriver(Path root, String version) {
        Command.of(script("driver-tree"), root.toString(), version).run().orFail();
    }

    private static void shell(String script) {
        Command.of("sh", "-c", script).run().orFail();
    }

    @BeforeAll
    static void make() {
        makeDriver(DRIVER, VERSION);
        Command.of(script("image-tree"), GLIBC.toString(), "glibc").run().orFail();
        Command.of(script("image-tree"), MUSL.toString(), "musl").run().orFail();
        JRUN.run("import", "-q", "-o", "glibc.sqsh", GLIBC.toString()).orFail();
        JRUN.run("create", "-n", "box", "glibc.sqsh").orFail();
    }

    /** A driver that the test may change. */
    private static Path ownDriver() {
        Path root = Workbench.newFolder("own-driver", Account.ROOT);
        shell("cp -a " + DRIVER + "/. " + root);
        return root;
    }

    /** A driver whose libcuda was linked against a C library that no image has yet. */
    private static Path ofANewerCLibrary() {
        Path driver = ownDriver();
        shell("cd \"$(echo " + driver
                + "/usr/lib/*-linux-gnu)\" && mkdir new && echo 'int newer(void) { return 1; }' >new/c.c && echo"
                + " 'GLIBC_9.99 { global: newer; };' >new/map && gcc -shared -nostdlib -fPIC -Wl,-soname,libc.so.6"
                + " -Wl,--version-script=new/map -o new/libc.so.6 new/c.c && echo 'int newer(void); int"
                + " cuInit(unsigned f) { return newer() + (int) f; }' >new/cuda.c && gcc -shared -nostdlib -fPIC"
                + " -Wl,-soname,libcuda.so.1 -o libcuda.so." + VERSION
                + " new/cuda.c new/libc.so.6 && rm -r new");
        return driver;
    }

    private static Command start(Path driver, String... words) {
        List<String> line = new ArrayList<>(List.of("start", "--driver-root", driver.toString()));
        line.addAll(List.of(words));
        return JRUN.command(line.toArray(new String[0]));
    }

    private static Command.Result gpu(String... words) {
        List<String> line = new ArrayList<>(List.of("--gpu"));
        line.addAll(List.of(words));
        return start(DRIVER, line.toArray(new String[0])).run();
    }

    private static String nodes(Path driver, String... options) {
        List<String> line = new ArrayList<>(List.of(options));
        line.addAll(List.of("box", "sh", "-c", "cd /dev && echo nvidia[0-9]*"));
        return start(driver, line.toArray(new String[0])).run().orFail().text();
    }

    @Nested
    class Libraries {

        @Test
        void aProgramInAReadOnlyContainerFindsTheDriverByItsSoname() {
            assertEquals(LOADED, gpu("box", "probe").status());
        }

        @Test
        void withoutTheOptionThereIsNoDriver() {
            assertEquals(1, start(DRIVER, "box", "probe").run().status());
        }

        @Test
        @NeedsFuse
        void aProgramInAnImageFileFindsIt() {
            assertEquals(
                    LOADED, gpu(JRUN.file("glibc.sqsh").toString(), "probe").status());
        }

        @Test
        @NeedsFuse
        void aProgramInABundleFindsItWhereJrunStartsThat() {
            JRUN.run("bundle", "-q", "-o", "glibc.run", "glibc.sqsh").orFail();
            String bundle = JRUN.file("glibc.run").toString();

            assertEquals(LOADED, gpu(bundle, "probe").status());
            assertEquals(
                    LOADED,
                    gpu("--join-key=bundle", "--overlay", bundle, "probe").status());
        }

        @Test
        void aProgramInADirectoryFindsIt() {
            assertEquals(LOADED, gpu(GLIBC.toString(), "probe").status());
        }

        @Test
        void aProgramBelowAnOverlayFindsIt() {
            assertEquals(LOADED, gpu("--overlay", "box", "probe").status());
        }

        @Test
        void aWritableContainerFindsItAgainAndAgain() {
            JRUN.run("create", "-n", "writable", "glibc.sqsh").orFail();

            assertEquals(LOADED, gpu("--rw", "writable", "probe").status());
            assertEquals(LOADED, gpu("--rw", "writable", "probe").status());
            assertEquals(LOADED, gpu("writable", "probe").status());
        }

        @Test
        void muslFindsWhatNeedsNoOtherCLibraryAndTheRestIsTold() {
            Command.Result loaded = gpu(MUSL.toString(), "probe", "libnvidia-ml.so.1");

            assertEquals(LOADED, loaded.status(), loaded.toString());
            assertTrue(loaded.talk().contains("the image has musl"), loaded.talk());
        }

        @Test
        void theImagesOwnLibrariesStayWhereTheyWere() {
            Path image = Workbench.newFolder("cached", Account.USER);
            Command.of(script("image-tree"), image.toString(), "glibc").run().orFail();
            shell("cd " + image + " && mkdir -p opt/own && cp " + DRIVER
                    + "/usr/lib/*/libnvidia-ml.so.1 opt/own/libown.so.1 && echo /opt/own >etc/ld.so.conf"
                    + " && gcc -shared -nostdlib -Wl,-soname,libown.so.1 -x c -o opt/own/libown.so.1 - <<'END'\n"
                    + "int cuInit(unsigned flags) { return 76 + (int) flags; }\nEND\n"
                    + "/sbin/ldconfig -r . && test -s etc/ld.so.cache && chmod -R a+rX .");

            assertEquals(77, gpu(image.toString(), "probe", "libown.so.1").status());
            assertEquals(LOADED, gpu(image.toString(), "probe").status());
        }

        @Test
        void onlyTheCapabilitiesThatAreAskedForCome() {
            String all = gpu("box", "ls", "/usr/local/nvidia/lib64").orFail().text();
            String utility = gpu("--driver-capabilities", "utility", "box", "ls", "/usr/local/nvidia/lib64")
                    .orFail()
                    .text();

            assertTrue(all.contains("libcuda.so.1") && all.contains("libnvidia-glcore.so." + VERSION), all);
            assertTrue(utility.contains("libnvidia-ml.so.1") && !utility.contains("libcuda.so.1"), utility);
        }

        @Test
        void programsOfTheDriverRun() {
            assertEquals(
                    "NVIDIA-SMI " + VERSION, gpu("box", "nvidia-smi").orFail().text());
        }

        @Test
        void nobodyWritesToTheDriver() {
            String script = "echo x >/usr/local/nvidia/lib64/new; echo x >/usr/bin/nvidia-smi;"
                    + " echo x >/usr/local/nvidia/lib64/libcuda.so.1; true";

            String talk = gpu("box", "sh", "-c", script).talk();

            assertEquals(3, talk.lines().count(), talk);
        }

        @Test
        void aLibraryThatNeedsANewerCLibraryIsReportedWithAMend() {
            Command.Result told =
                    start(ofANewerCLibrary(), "--gpu", "box", "true").run().orFail();

            assertAll(
                    () -> assertTrue(told.talk().contains("libcuda.so.1 needs GLIBC_9.99 of libc.so.6"), told.talk()),
                    () -> assertTrue(told.talk().contains("use an image with a newer C library"), told.talk()));
        }

        @Test
        void newerCompatibilityLibrariesOfTheImageGoFirst() {
            Path image = Workbench.newFolder("compat", Account.USER);
            Command.of(script("image-tree"), image.toString(), "glibc").run().orFail();
            shell("mkdir -p " + image + "/usr/local/cuda/compat && cd " + image + "/usr/local/cuda/compat"
                    + " && echo 'int cuInit(unsigned f) { return 98 + (int) f; }' >c.c"
                    + " && gcc -shared -nostdlib -Wl,-soname,libcuda.so.1 -o libcuda.so.999.10 c.c && rm c.c"
                    + " && ln -s libcuda.so.999.10 libcuda.so.1");

            assertEquals(99, gpu(image.toString(), "probe").status());
        }
    }

    @Nested
    class Nodes {

        @Test
        void devicesCanBeReadAndWritten() {
            assertEquals(
                    "",
                    gpu("box", "sh", "-c", "echo x >/dev/nvidia0 && cat /dev/nvidia0 /dev/nvidiactl")
                            .orFail()
                            .text());
        }

        @Test
        void whatProgramsExpectOfDevIsThere() {
            String script =
                    "echo x >/dev/null && head -c 3 /dev/zero | wc -c && readlink /dev/fd && echo in | cat /dev/stdin"
                            + " && test -d /dev/shm && test -d /dev/pts && echo all";

            assertEquals(
                    "3\n/proc/self/fd\nin\nall",
                    gpu("box", "sh", "-c", script).orFail().text());
        }

        @Test
        void aGpuThatTheJobMayNotOpenIsLeftOut() {
            Path driver = ownDriver();
            shell("chmod 000 " + driver + "/dev/nvidia0");

            assertEquals("nvidia1", nodes(driver, "--gpu"));
            assertEquals("nvidia1", nodes(driver, "--gpu=0,"));
        }

        @Test
        void aChoiceGivesWhatItNamesAndCudaCountsFromZero() {
            String script = "cd /dev && echo nvidia[0-9]* $CUDA_VISIBLE_DEVICES";
            Command chosen =
                    start(DRIVER, "--gpu=1,", "box", "sh", "-c", script).with("CUDA_VISIBLE_DEVICES", "1");

            assertEquals("nvidia1 0", chosen.run().orFail().text());
            assertEquals("nvidia0", nodes(DRIVER, "--gpu=1"));
            assertEquals("nvidia1", nodes(DRIVER, "--gpu=GPU-00000000-0000-0000-0000-000000000001"));
        }

        /** GPU 0 is divided in two; of the instance that is asked for come the nodes, and no others. */
        @Test
        void aMigInstanceComesWithItsNodes() {
            Path driver = ownDriver();
            shell("cd " + driver + " && mkdir -p dev/nvidia-caps proc/driver/nvidia-caps && for c in 21 22 30 31; do"
                    + " mknod -m 666 dev/nvidia-caps/nvidia-cap$c c 1 3; done && for g in 1 2; do"
                    + " d=proc/driver/nvidia/capabilities/gpu0/mig/gi$g && mkdir -p $d/ci0 && touch $d/access"
                    + " $d/ci0/access; done && printf 'gpu0/gi1/access 21\ngpu0/gi1/ci0/access 22\n"
                    + "gpu0/gi2/access 30\ngpu0/gi2/ci0/access 31\n' >proc/driver/nvidia-caps/mig-minors");
            String caps = "cd /dev && echo nvidia[0-9] nvidia-caps/*";

            Command.Result second =
                    start(driver, "--gpu=0:1", "box", "sh", "-c", caps).run().orFail();
            Command.Result first = start(
                            driver, "--gpu=MIG-GPU-00000000-0000-0000-0000-000000000000/1/0", "box", "sh", "-c", caps)
                    .run()
                    .orFail();

            assertEquals("nvidia0 nvidia-caps/nvidia-cap30 nvidia-caps/nvidia-cap31", second.text());
            assertEquals("nvidia0 nvidia-caps/nvidia-cap21 nvidia-caps/nvidia-cap22", first.text());
            Failures.assertFailed(
                    125,
                    start(driver, "--gpu=0:2", "box", "true").run(),
                    "there is no such MIG instance",
                    "expected: 0:2",
                    "jrun gpu list");
        }

        @Test
        void onTheHostsOwnDevAGpuThatIsNotChosenCannotBeOpened() {
            String driver = "mount -t tmpfs -o mode=755 driver /usr/local && mkdir /usr/local/nvidia" + " && cp -a "
                    + DRIVER + "/usr/lib/*-linux-gnu /usr/local/nvidia/lib64 && ";
            String dev = "mount -t tmpfs -o mode=755 dev /mnt && cp -a /dev/null /dev/zero /dev/full /dev/random"
                    + " /dev/urandom /dev/tty /mnt && mkdir /mnt/shm /mnt/pts && for n in nvidia0 nvidia1 nvidiactl"
                    + " nvidia-uvm; do mknod -m 666 /mnt/$n c 1 3; done && mount --bind /mnt /dev && exec \"$@\"";
            String inside = "cat /dev/nvidia0 && echo first; cat /dev/nvidia1 && echo second";

            Command.Result result = Command.of(
                            "unshare",
                            "-m",
                            "sh",
                            "-c",
                            driver + dev,
                            "sh",
                            "setpriv",
                            "--reuid=" + Account.ID,
                            "--regid=" + Account.ID,
                            "--clear-groups",
                            "env",
                            "HOME=" + JRUN.home(),
                            Workbench.launcher().toString(),
                            "start",
                            "--gpu=1,",
                            "box",
                            "sh",
                            "-c",
                            inside)
                    .run();

            assertEquals("second", result.orFail().text());
            assertTrue(result.talk().contains("'/dev/nvidia0': Permission denied"), result.talk());
        }

        @Test
        void gpusOfOtherVendorsAndFastNetworksComeWithThem() {
            Path driver = Workbench.newFolder("other-vendors", Account.ROOT);
            shell("cd " + driver + " && mkdir -p dev/dri dev/infiniband sys/class/drm/renderD128/device/drm/card0"
                    + " sys/class/drm/renderD129/device/drm/card1"
                    + " && for n in kfd dri/renderD128 dri/card0 dri/renderD129 dri/card1 infiniband/uverbs0"
                    + " infiniband/umad0 infiniband/rdma_cm cxi0; do mknod -m 666 dev/$n c 1 3; done"
                    + " && echo 0x1002 >sys/class/drm/renderD128/device/vendor"
                    + " && echo 0x8086 >sys/class/drm/renderD129/device/vendor && chmod 000 dev/infiniband/rdma_cm");

            String found = start(driver, "--gpu", "box", "sh", "-c", "cd /dev && echo kfd dri/* infiniband/* cxi*")
                    .run()
                    .orFail()
                    .text();

            assertEquals(
                    "kfd dri/card0 dri/card1 dri/renderD128 dri/renderD129 infiniband/umad0 infiniband/uverbs0 cxi0",
                    found);
        }

        @Test
        void aDeviceOfTheHostShowsUnderAnotherName() {
            Command.Result result = JRUN.run(
                    "start",
                    "--device",
                    "/dev/null:/dev/given",
                    "box",
                    "sh",
                    "-c",
                    "echo x >/dev/given && echo written");

            assertEquals("written", result.orFail().text());
        }
    }

    @Nested
    class Decided {

        @Test
        void theJobsVariablesBringTheDriver() {
            for (String variable : List.of("CUDA_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_GPUS_ON_NODE")) {
                assertEquals(
                        LOADED,
                        start(DRIVER, "box", "probe").with(variable, "1").run().status(),
                        variable);
            }
        }

        @Test
        void theCallersWordOutweighsTheJobs() {
            Command none = start(DRIVER, "box", "probe")
                    .with("NVIDIA_VISIBLE_DEVICES", "void")
                    .with("CUDA_VISIBLE_DEVICES", "0");

            assertEquals(1, none.run().status());
            assertEquals(
                    LOADED,
                    start(DRIVER, "-e", "NVIDIA_VISIBLE_DEVICES=all", "box", "probe")
                            .run()
                            .status());
        }

        @Test
        void configurationDecidesWhereNobodyElseDoes() {
            Command configured = JRUN.command("start", "box", "probe")
                    .with("JRUN_GPU", "all")
                    .with("JRUN_DRIVER_ROOT", DRIVER.toString());

            assertEquals(LOADED, configured.run().status());
            assertEquals(
                    1,
                    JRUN.command("start", "--gpu=none", "box", "probe")
                            .with("JRUN_GPU", "all")
                            .with("JRUN_DRIVER_ROOT", DRIVER.toString())
                            .run()
                            .status());
        }

        @Test
        void theImagesVariablesBringTheDriver() throws IOException {
            String image = withEnvironment("NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=compute");

            assertEquals(LOADED, start(DRIVER, image, "probe").run().status());
        }

        @Test
        void detectionThatFindsNothingIsSilentAndShownOnRequest() {
            Path empty = Workbench.newFolder("empty", Account.USER);
            Command quiet = start(empty, "box", "true").with("CUDA_VISIBLE_DEVICES", "0");
            Command talking = start(empty, "--verbose", "box", "true").with("CUDA_VISIBLE_DEVICES", "0");

            assertEquals("", quiet.run().orFail().talk());
            assertTrue(talking.run().orFail().talk().contains("no GPU can be given"), talking.run()::talk);
        }

        @Test
        void everyDeviceAndLibraryIsExplained() {
            String explained =
                    start(DRIVER, "--gpu", "--explain", "box").run().orFail().text();

            assertAll(
                    () -> assertTrue(
                            explained
                                    .lines()
                                    .anyMatch(line -> line.contains("/dev/nvidia1")
                                            && line.contains("H100 80GB HBM3 at 0000:02:00.0, by --gpu")),
                            explained),
                    () -> assertTrue(
                            explained
                                    .lines()
                                    .anyMatch(line -> line.startsWith("library")
                                            && line.contains("libcuda.so." + VERSION)
                                            && line.contains("driver library for compute")),
                            explained),
                    () -> assertTrue(explained.contains("soname of libcuda.so." + VERSION), explained));
        }
    }

    /** A directory to start whose image config has these variables. */
    private static String withEnvironment(String... variables) throws IOException {
        Path image = Workbench.newFolder("variables", Account.USER);
        Command.of(script("image-tree"), image.toString(), "glibc").run().orFail();
        Files.createDirectories(image.resolve(".jrun"));
        Files.writeString(
                image.resolve(".jrun/config.json"),
                "{\"config\": {\"Env\": [\"PATH=/bin\", \"" + String.join("\", \"", variables) + "\"]}}");
        return image.toString();
    }

    /** {@code jrun gpu list IMAGE}: what a start of it would get, told beforehand. */
    @Nested
    class Foretold {

        private Command.Result list(Path driver, String... words) {
            List<String> line = new ArrayList<>(List.of("gpu", "list", "--driver-root", driver.toString()));
            line.addAll(List.of(words));
            return JRUN.run(line.toArray(new String[0]));
        }

        private List<String> paths(JsonValue report, String kind) throws IOException {
            return report.member("given").orElseThrow().array(kind).stream()
                    .map(item -> item.string("path").orElseThrow())
                    .toList();
        }

        @Test
        void whatTheImagesVariablesAskForIsListedAndGiven() throws IOException {
            String image = withEnvironment("NVIDIA_VISIBLE_DEVICES=1", "NVIDIA_DRIVER_CAPABILITIES=utility");

            JsonValue report =
                    Json.parse(list(DRIVER, "--format", "json", image).orFail().output(), "gpu list");

            List<String> nodes = paths(report, "nodes");
            List<String> files = paths(report, "files");
            assertAll(
                    () -> assertTrue(
                            report.string("origin").orElse("").contains("NVIDIA_VISIBLE_DEVICES"), report.toString()),
                    () -> assertTrue(
                            nodes.contains("/dev/nvidia1") && !nodes.contains("/dev/nvidia0"), nodes::toString),
                    () -> assertTrue(
                            files.contains("/usr/local/nvidia/lib64/libnvidia-ml.so." + VERSION), files::toString),
                    () -> assertFalse(files.toString().contains("libcuda"), files::toString),
                    () -> assertEquals(
                            "nvidia1\nlibnvidia-ml.so.1",
                            start(
                                            DRIVER,
                                            image,
                                            "sh",
                                            "-c",
                                            "cd /dev; echo nvidia[0-9]*; cd /usr/local/nvidia/lib64; ls | grep -E"
                                                    + " '^lib(cuda|nvidia-ml).so.1$'")
                                    .run()
                                    .orFail()
                                    .text()));
        }

        @Test
        @NeedsFuse
        void whatDoesNotFitTheImageIsToldBeforeAnythingStarts() throws IOException {
            String image = withEnvironment("NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_REQUIRE_CUDA=cuda>=99.0");
            Path newer = ofANewerCLibrary();

            String demanding = list(DRIVER, image).orFail().text();
            String container = list(newer, "--gpu", "box").orFail().text();
            String file = list(newer, "--gpu", "glibc.sqsh").orFail().text();
            String musl = list(DRIVER, "--gpu", MUSL.toString()).orFail().text();
            String none = list(DRIVER).orFail().text();

            assertAll(
                    () -> assertTrue(demanding.contains("it would fail: cannot run the image with"), demanding),
                    () -> assertTrue(demanding.contains("NVIDIA_REQUIRE_CUDA is not met"), demanding),
                    () -> assertTrue(demanding.contains("hint: use an image for CUDA "), demanding),
                    () -> assertTrue(
                            container.contains(
                                    "warning: libcuda.so.1 needs GLIBC_9.99 of libc.so.6, the image ends at"),
                            container),
                    () -> assertEquals(container, file),
                    () -> assertTrue(musl.contains("warning: the image has musl"), musl),
                    () -> assertTrue(none.contains("H100 80GB HBM3") && none.contains("\n  nothing\n"), none));
        }

        @Test
        void whatIsNotHereIsNotFetched() {
            Failures.assertFailed(
                    3,
                    list(DRIVER, "docker://127.0.0.1:1/no/image:1"),
                    "looking imports nothing",
                    "hint: jrun import docker://127.0.0.1:1/no/image:1");
        }
    }

    @Nested
    class Refused {

        @Test
        void aMachineWithoutGpus() {
            Path empty = Workbench.newFolder("empty", Account.USER);

            Failures.assertFailed(
                    125,
                    start(empty, "--gpu", "box", "true").run(),
                    "this machine shows no GPU",
                    "nvidia-modprobe -u -c=0");
        }

        @Test
        void gpusOfOtherJobs() {
            Path driver = ownDriver();
            shell("chmod 000 " + driver + "/dev/nvidia0 " + driver + "/dev/nvidia1");

            Failures.assertFailed(
                    125, start(driver, "--gpu", "box", "true").run(), "may not be opened by this job", "EACCES");
        }

        @Test
        void moreGpusThanThereAre() {
            Failures.assertFailed(
                    125, start(DRIVER, "--gpu=3", "box", "true").run(), "2 of the 2 in this machine", "--gpus=3");
        }

        @Test
        void aMigInstanceThatIsNot() {
            Failures.assertFailed(
                    125, start(DRIVER, "--gpu=0:7", "box", "true").run(), "no such MIG instance", "is not divided");
        }

        @Test
        void anImageForANewerCuda() throws IOException {
            String image = withEnvironment("NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_REQUIRE_CUDA=cuda>=99.0");

            Failures.assertFailed(
                    125,
                    start(DRIVER, image, "true").run(),
                    "NVIDIA_REQUIRE_CUDA is not met",
                    "-e NVIDIA_DISABLE_REQUIRE=1");
            start(DRIVER, "-e", "NVIDIA_DISABLE_REQUIRE=1", image, "true").run().orFail();
        }

        @Test
        void aMalformedSpec() {
            Path driver = ownDriver();
            shell("mkdir -p " + driver + "/etc/cdi && echo '{\"cdiVersion\": 7' >" + driver + "/etc/cdi/broken.json");

            Failures.assertFailed(
                    125,
                    start(driver, "--device", "example.com/gpu=0", "box", "true")
                            .run(),
                    "cannot read the CDI spec /etc/cdi/broken.json",
                    "hint: correct the file");
        }

        @Test
        void aDeviceThatIsNone() {
            Failures.assertFailed(
                    125, JRUN.run("start", "--device", "/dev/nothing-there", "box", "true"), "no such device");
        }
    }

    @Nested
    class Specified {

        private static final String SPEC = """
                cdiVersion: 0.6.0
                kind: example.com/gpu
                containerEdits:
                  env: [EXAMPLE_SHARED=yes]
                devices:
                  - name: first
                    containerEdits:
                      env: [EXAMPLE_DEVICE=first]
                      deviceNodes:
                        - {path: /dev/example/first, hostPath: /dev/nvidia0}
                      mounts:
                        - hostPath: LIBS/libcuda.so.570.124.06
                          containerPath: /usr/lib/example/libcuda.so.570.124.06
                          options: [ro, nosuid, nodev, bind]
                      hooks:
                        - hookName: createContainer
                          path: /usr/bin/nvidia-cdi-hook
                          args: [nvidia-cdi-hook, create-symlinks, --link, libcuda.so.1::/usr/lib/example/libcuda.so]
                        - hookName: createContainer
                          path: /usr/bin/nvidia-cdi-hook
                          args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib/example]
                        - hookName: createContainer
                          path: /usr/bin/nvidia-cdi-hook
                          args: [nvidia-cdi-hook, chmod, --mode, "700", --path, /dev/example]
                """;

        /** Paths of a spec are the host's, so whoever reads it need not know where the driver lies. */
        @Test
        void aSpecThatWeWroteGivesWhatItSays() throws IOException {
            Path specs = Workbench.newFolder("specs", Account.USER);
            byte[] spec = JRUN.run("cdi", "generate", "--driver-root", DRIVER.toString())
                    .orFail()
                    .output();
            Files.write(specs.resolve("nvidia.yaml"), spec);

            Command.Result one = JRUN.command(
                            "start",
                            "--device",
                            "nvidia.com/gpu=1",
                            "box",
                            "sh",
                            "-c",
                            "probe; echo $? $(cd /dev && echo nvidia[0-9]*)")
                    .with("JRUN_CDI_DIRECTORIES", specs.toString())
                    .run();

            assertEquals("43 nvidia1", one.orFail().text());
        }

        @Test
        void aDeviceOfASpecComesWithItsNodesFilesLinksAndVariables() {
            Path driver = ownDriver();
            Command.of(
                            "sh",
                            "-c",
                            "mkdir -p etc/cdi && sed \"s#LIBS#/$(echo usr/lib/*-linux-gnu)#\" >etc/cdi/example.yaml")
                    .in(driver)
                    .reading(SPEC)
                    .run()
                    .orFail();
            String script = "probe; echo $? $EXAMPLE_SHARED $EXAMPLE_DEVICE; readlink /usr/lib/example/libcuda.so;"
                    + " readlink /usr/lib/example/libcuda.so.1; echo x >/dev/example/first && stat -c %a /dev/example";

            String found = start(driver, "--device", "example.com/gpu=first", "box", "sh", "-c", script)
                    .run()
                    .orFail()
                    .text();

            assertEquals("43 yes first\nlibcuda.so.1\nlibcuda.so.570.124.06\n700", found);
        }
    }

    @Nested
    class Warm {

        private String trace(Command command) {
            Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
            command.behind("strace", "-f", "-qq", "-e", "trace=execve,clone,clone3,fork,vfork", "-o", trace.toString())
                    .run()
                    .orFail();
            List<String> calls = Host.lines(trace.toString()).stream()
                    .filter(line -> !line.contains("ENOENT"))
                    .toList();
            return String.join("\n", calls);
        }

        private boolean isWarm(Command command) {
            String calls = trace(command);
            return calls.lines().count() == 2 && !calls.contains("java");
        }

        @Test
        @NeedsStrace
        void theSecondStartRunsNoDiscovery() {
            Command command = start(DRIVER, "--gpu", "-e", "TRACED=1", "box", "true");
            command.run().orFail();

            assertTrue(isWarm(command));
        }

        @Test
        @NeedsStrace
        void ranksThatDifferInTheirGpuShareAPlan() {
            Command command = start(DRIVER, "-e", "TRACED=2", "box", "true");
            command.with("CUDA_VISIBLE_DEVICES", "0").run().orFail();

            assertTrue(isWarm(command.with("CUDA_VISIBLE_DEVICES", "1")));
            assertFalse(isWarm(command.with("CUDA_VISIBLE_DEVICES", "")));
        }

        @Test
        void anotherDriverIsNoticed() {
            Path driver = ownDriver();
            Command smi = start(
                    driver,
                    "--gpu",
                    "box",
                    "sh",
                    "-c",
                    "nvidia-smi; cd /usr/local/nvidia/lib64; readlink libcuda.so.1");
            assertEquals(
                    "NVIDIA-SMI " + VERSION + "\nlibcuda.so." + VERSION,
                    smi.run().orFail().text());

            shell("rm " + driver + "/usr/lib/*/*." + VERSION);
            makeDriver(driver, "580.65.06");

            assertEquals(
                    "NVIDIA-SMI 580.65.06\nlibcuda.so.580.65.06",
                    smi.run().orFail().text());
        }

        @Test
        void devicesThatGoComeOrBelongToOthersAreNoticed() {
            Path driver = ownDriver();
            assertEquals("nvidia0 nvidia1", nodes(driver, "--gpu"));

            shell("chmod 600 " + driver + "/dev/nvidia0");
            assertEquals("nvidia1", nodes(driver, "--gpu"));

            shell("chmod 666 " + driver + "/dev/nvidia0");
            assertEquals("nvidia0 nvidia1", nodes(driver, "--gpu"));

            shell("rm " + driver + "/dev/nvidia1");
            assertEquals("nvidia0", nodes(driver, "--gpu"));

            shell("mknod -m 666 " + driver + "/dev/nvidia1 c 1 3");
            assertEquals("nvidia0 nvidia1", nodes(driver, "--gpu"));
        }

        @Test
        void aSpecThatComesIsNoticed() {
            Path driver = ownDriver();
            Command command = start(driver, "--device", "example.com/gpu=0", "box", "sh", "-c", "echo $GIVEN");
            Failures.assertFailed(125, command.run(), "no CDI spec has it");
            String spec = "{\"cdiVersion\": \"0.6.0\", \"kind\": \"example.com/gpu\", \"devices\": [{\"name\": \"0\","
                    + " \"containerEdits\": {\"env\": [\"GIVEN=%s\"]}}]}";

            shell("mkdir -p " + driver + "/etc/cdi && echo '" + String.format(spec, "one") + "' >" + driver
                    + "/etc/cdi/x.json");
            assertEquals("one", command.run().orFail().text());

            shell("echo '" + String.format(spec, "two") + "' >" + driver + "/etc/cdi/x.json.new && mv " + driver
                    + "/etc/cdi/x.json.new " + driver + "/etc/cdi/x.json");
            assertEquals("two", command.run().orFail().text());
        }
    }
}

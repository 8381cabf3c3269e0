package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code srun --container-image} and its kin in a real Slurm of three nodes, by an account without rights. */
@NeedsSlurm
@NeedsSpank
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SpankTest {

    private static final FakeRegistry REGISTRY = FakeRegistry.withProcess(
            "{\"Env\": [\"PATH=/bin\", \"FLAVOUR=image\"], \"Entrypoint\": [\"/bin/echo\", \"entry\"]}",
            TestImages.busybox());

    /** As images with PyTorch are marked. */
    private static final FakeRegistry PYTORCH =
            FakeRegistry.withProcess("{\"Env\": [\"PATH=/bin\", \"PYTORCH_VERSION=2.6.0\"]}", TestImages.busybox());

    /** An image file; where none can be mounted, a directory of the same content. */
    private static final String IMAGE = Host.fuseOpens() ? "./box.sqsh" : "./.local/share/jrun/containers/tree/rootfs";

    private static final String BY_IMAGE = "--container-image=" + IMAGE;

    private static SlurmLab lab;

    /** Submitted first and judged last, because Slurm's shortest time limit is a minute. */
    private static String endless;

    /** What its node holds before it. */
    private static List<String> empty;

    @BeforeAll
    static void makeClusterAndImage() throws IOException {
        lab = SlurmLab.up(Map.of());
        load("");
        lab.command("jrun", "import", "-q", "-o", "box.sqsh", REGISTRY.reference())
                .run()
                .orFail();
        lab.command("jrun", "create", "-n", "tree", "box.sqsh").run().orFail();
        lab.command("jrun", "import", "-q", "-o", "torch.sqsh", PYTORCH.reference())
                .run()
                .orFail();
        empty = lab.inventory("node2");
        // Of a directory, so that the other tests can ask whether any helper is left.
        Path tree = lab.home().resolve(".local/share/jrun/containers/tree/rootfs");
        endless = submit("421098", tree.toString(), "--nodelist=node2", "--time=1");
        awaitSleeping("421098", 2);
    }

    /** A job of as many tasks as given nodes have twice over, which sleep in containers. */
    private static String submit(String seconds, String image, String... options) throws IOException {
        Path script = lab.home().resolve("sleep-" + seconds);
        Files.writeString(
                script,
                "#!/bin/sh\nexec srun --quiet --ntasks-per-node=2 --overcommit --container-image=" + image + " sleep "
                        + seconds + "\n");
        List<String> words = new ArrayList<>(List.of("sbatch", "--parsable", "--output=/dev/null"));
        words.addAll(List.of(options));
        words.add(script.toString());
        return lab.command(words.toArray(new String[0])).run().orFail().text();
    }

    @AfterAll
    static void end() {
        if (lab != null) {
            lab.close();
        }
        REGISTRY.close();
        PYTORCH.close();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        for (int i = 0; i < 100 && !helpers().isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertEquals("", helpers());
        for (String node : List.of("node1", "node2", "node3")) {
            assertEquals(List.of(), meetingPlaces(node));
        }
    }

    /** Mounts of images that live; how soon the host's init takes a dead one is its own affair. */
    private static String helpers() {
        return Command.of("pgrep", "-a", "-u", "games", "-r", "R,S,D,T", "squashfuse")
                .run()
                .text();
    }

    private static List<Path> meetingPlaces(String node) throws IOException {
        try (Stream<Path> files = Files.walk(lab.temporary(node))) {
            return files.filter(file -> file.getFileName().toString().startsWith("join-"))
                    .toList();
        }
    }

    private static void load(String arguments) {
        lab.plugins("required " + Workbench.slurmPlugin() + " " + arguments + "\n");
    }

    private static Command srun(String... words) {
        List<String> line = new ArrayList<>(List.of("srun", "--quiet"));
        line.addAll(List.of(words));
        return lab.command(line.toArray(new String[0]));
    }

    /** A task in the image file, by a shell. */
    private static Command.Result shell(String options, String script) {
        // A container is made of an image file, whether or not that can be mounted.
        String image = options.contains("--container-name") ? "--container-image=./box.sqsh" : BY_IMAGE;
        List<String> words = new ArrayList<>(List.of(image));
        words.addAll(Arrays.stream(options.split(" ", -1))
                .filter(word -> !word.isEmpty())
                .toList());
        words.addAll(List.of("sh", "-c", script));
        return srun(words.toArray(new String[0])).run();
    }

    /** The reference as enroot and pyxis write it. */
    private static String reference() {
        return REGISTRY.reference().replace("docker://", "").replaceFirst("/", "#");
    }

    @Test
    @NeedsFuse
    void aReferenceIsImportedOnceForAllTasks() {
        Command.Result result = srun("-N3", "-n6", "--container-image=" + reference(), "cat", "/srv/greeting")
                .with("XDG_CACHE_HOME", lab.home().resolve("cold").toString())
                .run()
                .orFail();

        assertEquals("hello\n".repeat(6).strip(), result.text());
        assertEquals(
                1,
                result.talk().lines().filter(line -> line.contains("imported")).count(),
                result.talk());
    }

    @Test
    @NeedsFuse
    void aDirectoryOfSharedImagesHoldsTheImageForAllNodes() throws IOException {
        Path shared = Files.createDirectory(lab.home().resolve("shared"));
        Command.of("chown", "games", shared.toString()).run().orFail();

        Command.Result result = srun("-N3", "--container-image=" + reference(), "cat", "/srv/greeting")
                .with("XDG_CACHE_HOME", lab.home().resolve("other").toString())
                .with("JRUN_SHARED_IMAGES", shared.toString())
                .run()
                .orFail();

        assertEquals("hello\nhello\nhello", result.text());
        try (Stream<Path> files = Files.list(shared)) {
            assertEquals(
                    1,
                    files.filter(file -> Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                            .filter(file -> file.toString().endsWith(".sqsh"))
                            .count());
        }
    }

    @Test
    void ranksOfANodeShareNamespacesAndThoseOfOthersDoNot() {
        Command.Result result = shell(
                "-N2 --nodelist=node1,node3 -n8 --ntasks-per-node=4",
                "echo $SLURMD_NODENAME $(readlink /proc/self/ns/user) $(readlink /proc/self/ns/mnt)");

        Set<String> seen = result.orFail().text().lines().collect(Collectors.toCollection(TreeSet::new));
        assertEquals(2, seen.size(), result.toString());
        assertEquals(
                Set.of("node1", "node3"),
                seen.stream().map(line -> line.split(" ", -1)[0]).collect(Collectors.toSet()));
    }

    @Test
    void whatATaskIsGivenItKeeps() {
        String facts = "grep -E 'Sig(Blk|Ign)|^Cpus_allowed:|NSsid' /proc/self/status; cat; ls /proc/self/fd | wc -l";
        Command.Result bare = srun("sh", "-c", facts).reading("input").run().orFail();

        Command.Result inside =
                srun(BY_IMAGE, "sh", "-c", facts).reading("input").run().orFail();

        assertEquals(bare.text().replaceAll("NSsid.*", ""), inside.text().replaceAll("NSsid.*", ""));
    }

    @Test
    void limitsThatTheUserPropagatesHold() {
        Command.Result result = srun("--propagate=NOFILE", BY_IMAGE, "grep", "open files", "/proc/self/limits")
                .behind("prlimit", "--nofile=321:4096")
                .run()
                .orFail();

        assertTrue(result.text().matches("Max open files +321 .*"), result.text());
    }

    @ParameterizedTest
    @CsvSource({"exit 7", "kill -TERM $$", "kill -KILL $$", "kill -SEGV $$", "exit 0"})
    void theEndOfATaskIsWhatItIsWithoutAContainer(String script) {
        Command.Result bare = srun("sh", "-c", script).run();

        Command.Result inside = shell("", script);

        assertEquals(bare.status(), inside.status());
        assertEquals(end(bare), end(inside));
    }

    /** What srun says of the task, without the step's number. */
    private static String end(Command.Result result) {
        return result.talk().replaceAll("(?s).*task 0: ", "").replaceAll("(?s)\n.*", "");
    }

    @Test
    void mountsOfAllForms() {
        Command.Result result = shell(
                "--container-mounts=" + lab.home() + ":/data:ro+nosuid,.:/here,tmpfs:/scratch,umount:/etc/hosts,"
                        + lab.home(),
                "while read a b c d place flags rest; do echo $place $flags; done </proc/self/mountinfo");

        Set<String> places = result.orFail()
                .text()
                .lines()
                .map(line -> line.split(" ", -1)[0])
                .collect(Collectors.toSet());
        assertTrue(
                places.containsAll(
                        Set.of("/data", "/here", "/scratch", lab.home().toString())),
                places.toString());
        assertFalse(places.contains("/etc/hosts"), places.toString());
        assertTrue(result.text().contains("/data ro,nosuid"), result.text());
    }

    @Test
    void workingDirectoryHomeAndIdentity() {
        assertAll(
                () -> assertEquals(
                        "/srv",
                        shell("--container-workdir=/srv", "pwd").orFail().text()),
                () -> assertEquals(
                        lab.home().toString(),
                        shell("--container-mount-home", "echo $HOME").orFail().text()),
                () -> assertEquals(
                        "/",
                        srun("--no-container-mount-home", BY_IMAGE, "sh", "-c", "echo $HOME")
                                .with("JRUN_MOUNT_HOME", "yes")
                                .run()
                                .orFail()
                                .text()),
                () -> assertEquals(
                        "0", shell("--container-remap-root", "id -u").orFail().text()),
                () -> assertNotEquals(
                        "0",
                        srun("--no-container-remap-root", BY_IMAGE, "id", "-u")
                                .with("JRUN_ROOT", "yes")
                                .run()
                                .orFail()
                                .text()));
    }

    @Test
    @NeedsFuse
    void writableForTheStepOrNotAtAll() {
        String write = "echo x >/made && cat /made";
        assertAll(
                () -> assertEquals(
                        "x", shell("--container-writable", write).orFail().text()),
                () -> assertEquals(1, shell("--container-readonly", write).status()),
                () -> assertEquals(
                        1,
                        srun("--container-readonly", BY_IMAGE, "sh", "-c", write)
                                .with("JRUN_RW", "yes")
                                .run()
                                .status()),
                () -> assertEquals(1, shell("", write).status()));
    }

    @Test
    void theEntryPointRunsOnRequest() {
        load("execute_entrypoint=1");
        Command.Result configured = srun(BY_IMAGE, "word").run();
        Command.Result refused =
                srun("--no-container-entrypoint", BY_IMAGE, "echo", "word").run();
        load("");

        Command.Result asked = srun("--container-entrypoint", "--container-entrypoint-log", BY_IMAGE, "word")
                .run();

        assertAll(
                () -> assertEquals("entry word", asked.orFail().text()),
                () -> assertEquals("entry word", configured.orFail().text()),
                () -> assertEquals("word", refused.orFail().text()));
    }

    @Test
    void theJobsVariablesComeInAndTheImagesOutweighThemUnlessNamed() {
        Command task = srun(BY_IMAGE, "sh", "-c", "echo $FLAVOUR $OWN $PATH")
                .with("FLAVOUR", "host")
                .with("OWN", "mine");
        Command named = srun(BY_IMAGE, "--container-env=FLAVOUR,NONE", "sh", "-c", "echo $FLAVOUR")
                .with("FLAVOUR", "host");

        assertEquals("image mine /bin", task.run().orFail().text());
        assertEquals("host", named.run().orFail().text());
    }

    private static final String RANKS =
            "echo $RANK of $WORLD_SIZE, $LOCAL_RANK at $MASTER_ADDR:$MASTER_PORT, ${OMP_NUM_THREADS-all} threads";

    @ParameterizedTest
    @NeedsFuse
    @ValueSource(strings = {"--container-image=./torch.sqsh", "jrun start ./torch.sqsh"})
    void ranksOfPyTorchFindEachOther(String how) {
        List<String> words = new ArrayList<>(List.of("-N2", "--nodelist=node[2-3]", "-n4", "--ntasks-per-node=2"));
        words.addAll(List.of(how.split(" ", -1)));
        words.addAll(List.of("sh", "-c", "echo $SLURM_JOB_ID $SLURM_STEP_ID; " + RANKS));

        List<String> lines =
                srun(words.toArray(new String[0])).run().orFail().text().lines().toList();

        String[] step = lines.get(0).split(" ", -1);
        long port = 61000 + (Long.parseLong(step[0]) + 256 * Long.parseLong(step[1])) % 4096;
        String first = lab.command("scontrol", "show", "hostnames", "node[2-3]")
                .run()
                .orFail()
                .text()
                .lines()
                .findFirst()
                .orElseThrow();
        Set<String> expected = new TreeSet<>();
        for (int rank = 0; rank < 4; rank++) {
            expected.add(rank + " of 4, " + rank % 2 + " at " + first + ":" + port + ", 1 threads");
        }
        assertEquals(
                expected,
                lines.stream().filter(line -> line.contains(" of ")).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    @NeedsFuse
    void ranksOfPyTorchAreTheCallersWhereHeSaysSo() {
        Command task = srun("--container-image=./torch.sqsh", "sh", "-c", RANKS);

        assertAll(
                () -> assertEquals(
                        "7 of 1, 0 at elsewhere:29500, all threads",
                        task.with("MASTER_ADDR", "elsewhere")
                                .with("MASTER_PORT", "29500")
                                .with("RANK", "7")
                                .run()
                                .orFail()
                                .text()),
                () -> assertEquals(
                        "of , at :, all threads", shell("", RANKS).orFail().text()));
    }

    @Test
    void namespacesOfItsOwn() {
        String names = "for n in net ipc uts; do readlink /proc/self/ns/$n; done";
        List<String> shared = shell("", names).orFail().text().lines().toList();

        List<String> own = shell("--container-unshare=net,ipc,uts", names)
                .orFail()
                .text()
                .lines()
                .toList();

        assertEquals(3, own.size());
        for (int i = 0; i < 3; i++) {
            assertNotEquals(shared.get(i), own.get(i));
        }
    }

    @Test
    void aNamedContainerIsMadeOnceAndKeepsWhatIsWritten() {
        Command.Result made = shell(
                        "-N3 -n6 --container-name=kept --container-writable", "echo $SLURM_PROCID >/of-$SLURM_PROCID")
                .orFail();
        Command.Result again =
                srun("--container-name=kept:no_exec", "sh", "-c", "cat /of-*").run();

        assertEquals("0\n1\n2\n3\n4\n5", again.orFail().text());
        assertEquals("", made.text());
    }

    @Test
    void aNameThatMustBeNewIsRefusedTheSecondTime() {
        Command.Result first = shell("-N2 -n4 --container-name=fresh:create", "cat /srv/greeting");

        Command.Result second = shell("-N2 -n4 --container-name=fresh:create", "cat /srv/greeting");

        assertEquals("hello\n".repeat(4).strip(), first.orFail().text());
        assertEquals(125, second.status());
        assertTrue(second.talk().contains("a container of that name exists (EEXIST)"), second.talk());
    }

    @Test
    void aRunningContainerIsEntered() throws IOException {
        Command.Running running = srun(
                        "--nodelist=node1",
                        "--container-image=./box.sqsh",
                        "--container-name=entered",
                        "--container-mounts=tmpfs:/scratch," + lab.home(),
                        "sh",
                        "-c",
                        "echo secret >/scratch/word; touch " + lab.home() + "/runs; exec sleep 300")
                .start();
        try {
            for (int i = 0; i < 300 && !Files.exists(lab.home().resolve("runs")); i++) {
                SlurmLab.pause();
            }

            Command.Result entered = srun("--container-name=entered:exec", "cat", "/scratch/word")
                    .run();

            assertEquals("secret", entered.orFail().text());

            String mounts = "--container-mounts=tmpfs:/scratch," + lab.home();
            String read = "cat /scratch/word || echo nothing";
            assertAll(
                    () -> assertEquals(
                            "secret\nsecret",
                            srun(
                                            "--nodelist=node1",
                                            "-n2",
                                            "--overcommit",
                                            "--container-name=entered",
                                            mounts,
                                            "sh",
                                            "-c",
                                            read)
                                    .run()
                                    .orFail()
                                    .text(),
                            "by its name and the same mounts"),
                    () -> assertEquals(
                            "nothing",
                            srun("--nodelist=node1", "--container-name=entered:no_exec", mounts, "sh", "-c", read)
                                    .run()
                                    .orFail()
                                    .text()),
                    () -> assertEquals(
                            "nothing",
                            srun("--nodelist=node1", "--container-name=entered", "sh", "-c", read)
                                    .run()
                                    .orFail()
                                    .text(),
                            "mounts of its own"));
        } finally {
            running.signal("TERM");
            running.await(Duration.ofMinutes(1));
        }
        Command.Result late = srun("--container-name=entered:exec", "true").run();
        assertEquals(125, late.status());
        assertTrue(late.talk().contains("no container of yours runs"), late.talk());
    }

    @Test
    void namesCanHoldForOneJob() {
        load("container_scope=job");
        shell("--container-name=scoped", "true").orFail();
        Command.Result other = srun("--container-name=scoped", "true").run();
        load("");

        assertEquals(125, other.status());
        assertTrue(other.talk().contains("there is neither a container nor an image file of that name"), other.talk());
    }

    @Test
    @NeedsFuse
    void whatIsWrittenIsSavedAfterTheStepAndStarts() throws IOException {
        Command.Result saving =
                shell("-N2 -n4 --container-writable --container-save=saved.sqsh", "echo changed >/srv/greeting");
        saving.orFail();

        Command.Result saved =
                srun("--container-image=./saved.sqsh", "cat", "/srv/greeting").run();

        assertEquals("changed", saved.orFail().text());
        assertTrue(saving.talk().contains("jrun: saved the container to saved.sqsh"), saving.talk());
        assertEquals("games", Files.getOwner(lab.home().resolve("saved.sqsh")).getName());
        assertFalse(
                containers().stream().anyMatch(name -> name.matches("slurm-\\d+\\..*")),
                containers().toString());
    }

    private static List<String> containers() throws IOException {
        try (Stream<Path> found = Files.list(lab.home().resolve(".local/share/jrun/containers"))) {
            return found.map(each -> each.getFileName().toString()).toList();
        }
    }

    @Test
    @NeedsFuse
    void aFailingSaveIsToldInTheOutput() throws IOException {
        Command.Result result = shell("--container-save=/nowhere/saved.sqsh", "true");

        assertTrue(result.talk().contains("the directory /nowhere does not exist (ENOENT)"), result.talk());
        assertTrue(result.talk().contains("cannot save the container"), result.talk());
        assertFalse(
                containers().stream().anyMatch(name -> name.matches("slurm-\\d+\\..*")),
                containers().toString());
    }

    @Test
    void aNamedContainerIsSavedAndStays() throws IOException {
        shell("--container-name=named --container-save=named.sqsh", "true").orFail();

        assertTrue(Files.exists(lab.home().resolve("named.sqsh")));
        assertTrue(containers().contains("named"), containers().toString());
    }

    @Test
    void aJobScriptRunsOnTheNodeAndItsStepsInTheContainer() throws IOException {
        Files.writeString(lab.home().resolve("job"), """
                #!/bin/sh
                test -e /etc/debian_version || test -e /etc/os-release && echo node
                srun --quiet cat /srv/greeting
                srun --quiet --container-image=IMAGE --container-workdir=/srv pwd
                """.replace("IMAGE", IMAGE));
        lab.command(
                        "sbatch",
                        "--wait",
                        "--output=job.out",
                        "--nodes=2",
                        "--ntasks-per-node=1",
                        "--container-image=" + lab.home().resolve(IMAGE),
                        "job")
                .run()
                .orFail();

        assertEquals(
                "node\nhello\nhello\n/srv\n/srv",
                Files.readString(lab.home().resolve("job.out")).strip());
    }

    @Test
    void theSiteCanLetJobScriptsRunInTheContainer() throws IOException {
        Files.writeString(lab.home().resolve("inside"), """
                #!/bin/sh
                cat /srv/greeting
                echo $1
                exit 5
                """);
        load("sbatch_support=1");
        Command.Result result = lab.command("sbatch", "--wait", "--output=inside.out", BY_IMAGE, "inside", "argument")
                .run();
        load("");

        assertEquals(5, result.status());
        assertEquals(
                "hello\nargument",
                Files.readString(lab.home().resolve("inside.out")).strip());
    }

    @Test
    void stepsOfAnAllocationInheritTheContainer() {
        Command.Result result = lab.command("salloc", "--quiet", "-N2", BY_IMAGE, "srun", "cat", "/srv/greeting")
                .run()
                .orFail();

        assertEquals("hello\nhello", result.text());
    }

    @Test
    void variablesOfPyxisCountLessThanOptions() {
        Command.Result result = srun("--container-workdir=/srv", "sh", "-c", "pwd; id -u")
                .with("PYXIS_CONTAINER_IMAGE", IMAGE)
                .with("PYXIS_CONTAINER_WORKDIR", "/tmp")
                .with("PYXIS_CONTAINER_REMAP_ROOT", "true")
                .run()
                .orFail();

        assertEquals("/srv\n0", result.text());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--container-mounts=a:/b|it must begin with / or .",
                "--container-mounts=/a:b|its place in the container must begin with /",
                "--container-mounts=/a,,/b|a part of it is not of the form",
                "--container-mounts=tmpfs|its place in the container must begin with /",
                "--container-name=x:y|write NAME, NAME:auto",
                "--container-name=:create|write NAME, NAME:auto",
                "--container-unshare=pid|there are net, ipc and uts",
                "--container-env=A=b|it takes names between commas",
                "--container-save=/tmp/|it is a directory",
                "--container-writable --container-readonly|contradict each other",
                "--container-mount-home --no-container-mount-home|contradict each other",
                "--container-remap-root --no-container-remap-root|contradict each other",
                "--container-entrypoint --no-container-entrypoint|contradict each other"
            })
    void whatNobodyCanUnderstandIsRefusedBeforeAnythingRuns(String options, String message) {
        Command.Result result = shell(options, "echo ran");

        assertNotEquals(0, result.status());
        assertTrue(result.talk().contains(message), result.talk());
        assertEquals("", result.text());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "./none.sqsh|there is neither a directory nor an image file (ENOENT)",
                "./broken.sqsh|cannot",
                "127.0.0.1:1/no/image:1|could not be imported"
            })
    void anImageThatFailsIsToldByEachTaskInTheJobsOutput(String image, String message) throws IOException {
        Files.writeString(lab.home().resolve("broken.sqsh"), "hsqs and nothing behind");

        Command.Result result =
                srun("-n2", "--container-image=" + image, "true").run();

        assertEquals(125, result.status());
        assertTrue(result.talk().contains(message), result.talk());
        assertTrue(
                result.talk().contains("task 0: Exited with exit code 125")
                        || result.talk().contains("tasks 0-1: Exited with exit code 125"),
                result.talk());
    }

    @Test
    void aNewerSlurmIsGivenTheWordsBeforeTheCommand() {
        Path stepd = Workbench.folder().resolve("stepd");
        Path source = Workbench.module().resolve("src/test/c/stepd.c");
        Command.of("gcc", "-rdynamic", "-Wall", "-Wextra", "-Werror", "-o", stepd.toString(), source.toString())
                .run()
                .orFail();

        Command.Result result = Command.of(
                        stepd.toString(),
                        Workbench.slurmPlugin().toString(),
                        "container-image=nvcr.io#nvidia/cuda:12",
                        "container-mounts=/a:/b:ro+nosuid",
                        "no-container-remap-root",
                        "--",
                        "hostname")
                .run()
                .orFail();

        assertEquals(
                List.of(
                        "JRUN_ROOT=no",
                        Workbench.launcher().toString(),
                        "start",
                        "--host-env",
                        "--join-count=2",
                        "--no-entrypoint",
                        "-v",
                        "/a:/b:ro,nosuid",
                        "docker://nvcr.io#nvidia/cuda:12"),
                result.text().lines().toList());
    }

    @Test
    void optionsWithoutAnImageAreNotSilentlyIgnored() {
        Command.Result result = srun("--container-writable", "echo", "ran").run();

        assertEquals("ran", result.orFail().text());
        assertTrue(result.talk().contains("--container-writable has no effect"), result.talk());
    }

    @Test
    void aWrongLineOfTheSiteIsToldWithWhatThereIs() {
        load("runtime_path=/run/pyxis");
        Command.Result result = srun("true").run();
        load("");

        assertNotEquals(0, result.status());
        assertTrue(result.talk().contains("there are jrun=/PATH, execute_entrypoint=0|1"), result.talk());
    }

    @Test
    void aMissingProgramEndsTheTaskInsteadOfRunningItOutside() {
        load("jrun=/nowhere/bin/jrun");
        Command.Result result = shell("", "echo ran");
        load("");

        assertEquals(125, result.status());
        assertEquals("", result.text());
        assertTrue(result.talk().contains("is jrun installed on this node?"), result.talk());
    }

    /** script(1) gives srun a terminal, srun one to the task. */
    @Test
    void aTaskCanHaveATerminal() {
        Command.Result result = lab.command(
                        "script",
                        "--quiet",
                        "--return",
                        "--command",
                        "srun --quiet --pty " + BY_IMAGE
                                + " sh -c 'test -t 0 && test -t 1 && cat /srv/greeting; exit 3'",
                        "/dev/null")
                .with("TERM", "xterm")
                .run();

        assertTrue(result.text().contains("hello"), result.toString());
        assertEquals(3, result.status(), result.toString());
    }

    @Test
    void aRequeuedJobStartsItsContainerAgain() throws IOException {
        List<String> before = lab.inventory("node1");
        String job = submit("432098", IMAGE, "--requeue", "--nodelist=node1");
        awaitSleeping("432098", 2);

        lab.command("scontrol", "requeue", job).run().orFail();

        lab.await(job, "PENDING");
        awaitSleeping("432098", 0);
        assertEquals(before, lab.inventory("node1"));
        lab.beginAgain(job);
        awaitSleeping("432098", 2);
        lab.command("scancel", job).run().orFail();
        lab.await(job, "CANCELLED");
        awaitSleeping("432098", 0);
        assertEquals(before, lab.inventory("node1"));
    }

    private static void awaitSleeping(String seconds, int tasks) {
        long found = -1;
        for (int i = 0; i < 600 && found != tasks; i++) {
            SlurmLab.pause();
            found = Command.of("pgrep", "-u", "games", "-r", "R,S,D,T", "-f", "^sleep " + seconds)
                    .run()
                    .text()
                    .lines()
                    .count();
        }
        assertEquals(tasks, found);
    }

    /** All of node3 ends at once, as by a loss of power; on the other node Slurm ends the tasks. */
    @Test
    @Order(Integer.MAX_VALUE - 1)
    void aNodeThatDiesLeavesNothingAnywhere() throws IOException {
        List<String> node1 = lab.inventory("node1");
        List<String> node3 = lab.inventory("node3");
        String job = submit("410987", IMAGE, "--nodelist=node1,node3", "--nodes=2", "--no-requeue");
        awaitSleeping("410987", 4);

        lab.killNode("node3");

        lab.await(job, "NODE_FAIL");
        lab.reviveNode("node3");
        awaitSleeping("410987", 0);
        assertEquals(node1, lab.inventory("node1"));
        assertEquals(node3, lab.inventory("node3"));
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void aJobThatExceedsItsTimeLeavesNothing() {
        lab.await(endless, "TIMEOUT");

        awaitSleeping("421098", 0);
        assertEquals(empty, lab.inventory("node2"));
    }

    @Test
    void aCancelledStepLeavesNothing() throws IOException {
        List<String> before = lab.inventory("node1");
        Path ran = lab.home().resolve("cancelled-runs");
        Command.Running running = srun(
                        "-N2",
                        "-n4",
                        "--job-name=endless",
                        BY_IMAGE,
                        "--container-mounts=" + lab.home(),
                        "sh",
                        "-c",
                        "touch " + ran + "; exec sleep 432109")
                .start();
        for (int i = 0; i < 300 && !Files.exists(ran); i++) {
            SlurmLab.pause();
        }

        lab.command("scancel", "--name=endless").run().orFail();

        running.await(Duration.ofMinutes(1));
        for (int i = 0; i < 100 && !processes().isEmpty(); i++) {
            SlurmLab.pause();
        }
        assertEquals("", processes());
        assertEquals(before, lab.inventory("node1"));
    }

    private static String processes() {
        return Command.of("pgrep", "-a", "-u", "games", "-r", "R,S,D,T", "-f", "sleep 432109|squashfuse")
                .run()
                .text();
    }
}

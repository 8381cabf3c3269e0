package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that share namespaces and one mount of an image; what is shared is told by the inodes of proc(5). */
@NeedsUserns
@NeedsFuse
class JoinTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path RUNTIME = Workbench.newFolder("runtime", Account.USER);
    private static Path image;
    private static int key;

    @BeforeAll
    static void create() {
        image = JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** Processes that wrote which namespaces they are in, and sleep. */
    private static final class Group implements AutoCloseable {

        private final Path folder = Workbench.newFolder("seen", Account.USER);
        private final Path config = Workbench.newFolder("config", Account.USER);
        private final List<Command.Running> running = new ArrayList<>();
        private final List<String> options;

        Group(String... options) {
            key++;
            this.options = new ArrayList<>(List.of("--join-key=test" + key));
            this.options.addAll(List.of(options));
        }

        Command.Running start() {
            Path seen = folder.resolve(Integer.toString(running.size()));
            List<String> words = new ArrayList<>(List.of("start", "-e", "SEEN"));
            words.addAll(options);
            words.addAll(List.of(
                    image.toString(),
                    "sh",
                    "-c",
                    "(for n in user mnt ipc uts; do readlink /proc/self/ns/$n; done; id -u; cat /srv/greeting) >$SEEN.new;"
                            + " busybox mv $SEEN.new $SEEN; exec sleep 300"));
            Command.Running one = JRUN.command(words.toArray(new String[0]))
                    .with("SEEN", seen.toString())
                    .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                    .with("JRUN_CONFIG_PATH", config.toString())
                    .start();
            running.add(one);
            return one;
        }

        String seen(int number) throws IOException, InterruptedException {
            Path file = folder.resolve(Integer.toString(number));
            while (!Files.exists(file)) {
                if (!running.get(number).process().isAlive()) {
                    throw new AssertionError(
                            running.get(number).await(Duration.ofSeconds(1)).toString());
                }
                Thread.sleep(10);
            }
            return Files.readString(file);
        }

        InputStream openMountNamespace(int number) throws IOException {
            return Files.newInputStream(
                    Path.of("/proc/" + running.get(number).process().pid() + "/ns/mnt"));
        }

        void kill(int number) {
            running.get(number).signal("KILL");
            running.get(number).await(Duration.ofMinutes(1));
        }

        @Override
        public void close() {
            running.forEach(each -> each.signal("KILL"));
            running.forEach(each -> each.await(Duration.ofMinutes(1)));
        }
    }

    /** Each is the first of those that live, and yet only the last may take their meeting place away. */
    @Test
    void ranksThatComeWhenTheOthersHaveEndedAreCountedToo() throws IOException {
        String tag = "apart" + key++;
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            JRUN.command("start", "--join-key=" + tag, "--join-count=3", image.toString(), "true")
                    .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                    .run()
                    .orFail();
            try (Stream<Path> files = Files.list(RUNTIME.resolve("jrun"))) {
                places.add((int) files.filter(each -> each.toString().contains("-key-" + tag + "-"))
                        .count());
            }
        }

        assertEquals(List.of(1, 1, 0), places);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--overlay", "--rw", "--root", "--root --overlay", "--ipc --uts=node"})
    void allSeeOneSetOfNamespacesAndOneMount(String options) throws IOException, InterruptedException {
        try (Group group = new Group(options.isEmpty() ? new String[0] : options.split(" ", -1))) {
            for (int i = 0; i < 6; i++) {
                group.start();
            }

            String first = group.seen(0);

            assertEquals("hello", first.lines().reduce((one, last) -> last).orElseThrow());
            for (int i = 1; i < 6; i++) {
                assertEquals(first, group.seen(i));
            }
        }
    }

    @Test
    void hooksRunForTheFirstOneAndAllShare() throws IOException, InterruptedException {
        try (Group group = new Group()) {
            Path hook = group.config.resolve("hooks.d/10-count");
            Files.createDirectories(hook.getParent());
            Files.writeString(hook, "#!/bin/sh\necho ran >>" + group.folder + "/hook\n");
            Command.of("chmod", "755", hook.toString()).run().orFail();
            for (int i = 0; i < 4; i++) {
                group.start();
            }

            String first = group.seen(0);

            for (int i = 1; i < 4; i++) {
                assertEquals(first, group.seen(i));
            }
            assertEquals(List.of("ran"), Files.readAllLines(group.folder.resolve("hook")));
        }
    }

    @Test
    void whoComesLaterFindsTheOthersAfterTheFirstIsKilled() throws IOException, InterruptedException {
        try (Group group = new Group("--overlay")) {
            group.start();
            String first = group.seen(0);
            group.start();
            assertEquals(first, group.seen(1));

            group.kill(0);
            group.start();

            assertEquals(first, group.seen(2));
        }
    }

    @Test
    void whenAllAreGoneThereIsANewSet() throws IOException, InterruptedException {
        try (Group group = new Group()) {
            group.start();
            String first = group.seen(0);
            InputStream kept = group.openMountNamespace(0); // so that its number is not given again
            group.kill(0);
            group.start();
            String second = group.seen(1);
            kept.close();

            assertAll(
                    () -> assertNotEquals(
                            first.lines().skip(1).findFirst(),
                            second.lines().skip(1).findFirst()),
                    () -> assertEquals(
                            "hello", second.lines().reduce((one, last) -> last).orElseThrow()));
        }
    }

    /** The mount namespace of each of several processes that run at the same time, each with a parent of its own. */
    private static List<String> namespacesOf(List<Map<String, String>> launchers, String... options)
            throws IOException, InterruptedException {
        Path folder = Workbench.newFolder("ranks", Account.USER);
        Path hold = folder.resolve("hold");
        Command.of("mkfifo", "-m", "666", hold.toString()).run().orFail();
        List<Command.Running> running = new ArrayList<>();
        for (int i = 0; i < launchers.size(); i++) {
            Path seen = folder.resolve("seen" + i);
            List<String> words = new ArrayList<>(List.of("start", "-e", "SEEN", "-e", "HOLD"));
            words.addAll(List.of(options));
            words.addAll(List.of(
                    image.toString(),
                    "sh",
                    "-c",
                    "readlink /proc/self/ns/mnt >$SEEN.new; busybox mv $SEEN.new $SEEN; read x <$HOLD"));
            Command command = JRUN.command(words.toArray(new String[0]))
                    .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                    .with("SEEN", seen.toString())
                    .with("HOLD", hold.toString());
            for (Map.Entry<String, String> variable : launchers.get(i).entrySet()) {
                command = command.with(variable.getKey(), variable.getValue());
            }
            running.add(command.behind("sh", "-c", "\"$@\"; exit $?", "sh").start());
        }
        List<String> namespaces = new ArrayList<>();
        for (int i = 0; i < launchers.size(); i++) {
            Path seen = folder.resolve("seen" + i);
            while (!Files.exists(seen)) {
                if (!running.get(i).process().isAlive()) {
                    throw new AssertionError(
                            running.get(i).await(Duration.ofSeconds(1)).toString());
                }
                Thread.sleep(10);
            }
            namespaces.add(Files.readString(seen));
        }
        for (Command.Running one : running) {
            while (one.process().isAlive()) {
                Command.of("sh", "-c", "exec 3<>$0; echo >&3; sleep 0.05", hold.toString())
                        .run();
            }
        }
        return namespaces;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"FLUX_JOB_ID", "PALS_APID", "PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID", "LSB_JOBID"
            })
    void processesOfOneLaunchFindEachOtherByWhatTheirLauncherSets(String variable)
            throws IOException, InterruptedException {
        Map<String, String> one = Map.of(variable, "launch-1");
        Map<String, String> other = Map.of(variable, "launch-2");

        List<String> found = namespacesOf(List.of(one, one, other), "--join");

        assertEquals(found.get(0), found.get(1));
        assertNotEquals(found.get(0), found.get(2));
    }

    @Test
    void stepsOfSlurmAreToldApartByTheirNumbersFirst() throws IOException, InterruptedException {
        Map<String, String> one = Map.of("SLURM_JOB_ID", "7", "SLURM_STEP_ID", "1", "PMIX_NAMESPACE", "same");
        Map<String, String> other = Map.of("SLURM_JOB_ID", "7", "SLURM_STEP_ID", "2", "PMIX_NAMESPACE", "same");

        List<String> found = namespacesOf(List.of(one, one, other), "--join");

        assertEquals(found.get(0), found.get(1));
        assertNotEquals(found.get(0), found.get(2));
    }

    @ParameterizedTest
    @CsvSource({
        "FLUX_TASK_LOCAL_ID, 0, FLUX_JOB_ID, true",
        "PALS_LOCAL_RANKID, 0, PALS_APID, true",
        "LSF_PM_TASKID, 1, LSB_JOBID, true",
        "JSM_NAMESPACE_LOCAL_RANK, 0, PMIX_NAMESPACE, true",
        "OMPI_COMM_WORLD_LOCAL_RANK, 0, OMPI_MCA_ess_base_jobid, true",
        "SLURM_STEP_TASKS_PER_NODE, '2(x3),1', SLURM_JOB_ID, true",
        "SLURM_STEP_TASKS_PER_NODE, 1(x3), SLURM_JOB_ID, false"
    })
    void processesOfOneLaunchShareWithoutAnyOption(String rank, String value, String launch, boolean shared)
            throws IOException, InterruptedException {
        Map<String, String> one = Map.of(rank, value, launch, "4711", "SLURM_STEP_ID", "0");

        List<String> found = namespacesOf(List.of(one, one));
        List<String> apart = namespacesOf(List.of(one, one), "--no-join");

        assertEquals(shared, found.get(0).equals(found.get(1)));
        assertNotEquals(apart.get(0), apart.get(1));
    }

    private static long meetingPlaces(String tag) throws IOException {
        try (Stream<Path> files = Files.list(RUNTIME.resolve("jrun"))) {
            return files.filter(each -> each.toString().contains("-key-" + tag + "-"))
                    .count();
        }
    }

    @Test
    void placeWhereTheyMeetGoesWithTheLastOfThem() throws IOException, InterruptedException {
        try (Group group = new Group()) {
            String tag = "test" + key;
            for (int i = 0; i < 3; i++) {
                group.start();
                group.seen(i);
            }
            group.kill(0);
            group.kill(2);
            long while1Lives = meetingPlaces(tag);
            group.kill(1);

            assertEquals(1, while1Lives);
            for (int i = 0; i < 6000 && meetingPlaces(tag) > 0; i++) {
                Thread.sleep(10);
            }
            assertEquals(0, meetingPlaces(tag));
        }
    }

    /** The place is one that others may read, or takes no file; check has a line that tells more. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mkdir -m 755 $place | the directory for it is not yours alone (EACCES)",
                "mkdir $place; mount -t tmpfs -o ro,mode=700 none $place | the file system is read-only (EROFS)",
                "mkdir $place; mount -t tmpfs -o nr_inodes=1,mode=700 none $place"
                        + " | no space is left on the device (ENOSPC)"
            })
    void whereNobodyCanMeetTheLineOfTheCheckIsNamed(String script, String cause) {
        Path runtime = Workbench.newFolder("runtime", Account.USER);

        Command.Result result = JRUN.command("start", "--join", image.toString(), "true")
                .with("XDG_RUNTIME_DIR", runtime.toString())
                .behind(
                        "unshare",
                        "-Urm",
                        "sh",
                        "-ec",
                        "place=$XDG_RUNTIME_DIR/jrun\n" + script + "\nexec \"$@\"",
                        "sh")
                .run();

        Failures.assertFailed(
                125,
                result,
                "cannot join the other processes of this step: " + cause,
                "set XDG_RUNTIME_DIR to a directory of yours on this node",
                "(more: jrun check runtimeDirectory)");
    }

    @Test
    void payloadHasNoChildThatItDidNotMake() {
        Command.Result result = JRUN.command(
                        "start",
                        "--join-key=child",
                        image.toString(),
                        "sh",
                        "-c",
                        "cat /proc/self/task/$$/children; echo")
                .with("XDG_RUNTIME_DIR", RUNTIME.toString())
                .run()
                .orFail();

        assertEquals(1, result.text().strip().split(" ", -1).length, result::toString); // cat(1) itself
    }
}

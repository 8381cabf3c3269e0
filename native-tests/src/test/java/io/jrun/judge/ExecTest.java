package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Finding and entering containers that run; namespaces are compared by what proc(5) says on both sides. */
@NeedsUserns
class ExecTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final List<String> KINDS = List.of("user", "mnt", "pid", "ipc", "uts", "net", "cgroup");
    private static int number;

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "model");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** A container of its own name that sleeps; {@code pid} is that of the process inside. */
    private record Sleeper(String name, Command.Running running, long pid) implements AutoCloseable {

        @Override
        public void close() {
            running.signal("KILL");
            running.await(Duration.ofMinutes(1));
        }

        String namespaces() {
            StringBuilder all = new StringBuilder();
            for (String kind : KINDS) {
                all.append(Command.of("readlink", "/proc/" + pid + "/ns/" + kind)
                                .run()
                                .orFail()
                                .text())
                        .append('\n');
            }
            return all.toString().stripTrailing();
        }
    }

    private static Sleeper sleeper(String... options) throws IOException, InterruptedException {
        number++;
        String name = "box" + number;
        JRUN.run("create", "-n", name, JRUN.file("model.sqsh").toString()).orFail();
        return sleeperOf(name, options);
    }

    private static Sleeper sleeperOf(String name, String... options) throws IOException, InterruptedException {
        return sleeperOf(name, "sleep 300", options);
    }

    /** @param command that sleeps, or looks as if it did */
    private static Sleeper sleeperOf(String name, String command, String... options)
            throws IOException, InterruptedException {
        Path ready = Workbench.newFolder("ready", Account.USER);
        List<String> words =
                new ArrayList<>(List.of("start", "-v", ready + ":/mnt/ready", "-w", "/srv", "-e", "OWN=1"));
        words.addAll(List.of(options));
        words.addAll(List.of(name, "sh", "-c", "readlink /proc/self/ns/pid >/mnt/ready/now; exec " + command));
        Command.Running running = JRUN.command(words.toArray(new String[0]))
                .with("SLURM_JOB_ID", "4711")
                .start();
        for (int i = 0; i < 6000 && running.process().isAlive(); i++) {
            long pid = sleeping(running.process().pid());
            if (pid > 0 && Files.exists(ready.resolve("now"))) {
                return new Sleeper(name, running, pid);
            }
            Thread.sleep(10);
        }
        throw new AssertionError(running.await(Duration.ofSeconds(1)).toString());
    }

    /** The process itself or one below it that has become sleep(1); 0 while there is none. */
    private static long sleeping(long pid) throws IOException {
        try {
            String command = Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            if (command.startsWith("sleep\0")) {
                return pid;
            }
            String children = Files.readString(
                    Path.of("/proc/" + pid + "/task/" + pid + "/children"), StandardCharsets.ISO_8859_1);
            for (String child : children.strip().split(" ", -1)) {
                long found = child.isEmpty() ? 0 : sleeping(Long.parseLong(child));
                if (found > 0) {
                    return found;
                }
            }
            return 0;
        } catch (NoSuchFileException ended) {
            return 0;
        }
    }

    private static Command exec(String... words) {
        List<String> line = new ArrayList<>(List.of("exec"));
        line.addAll(List.of(words));
        return JRUN.command(line.toArray(new String[0]));
    }

    private static String sh(Sleeper in, String script) {
        return exec(in.name(), "sh", "-c", script).run().orFail().text();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--rw",
                "--overlay",
                "--root",
                "--root --overlay",
                "--pid",
                "--ipc --uts=inside --net --cgroupns",
                "--pid --root --net",
                "--join --join-key=exec"
            })
    void namespacesAreThoseOfTheProcessInside(String options) throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper(options.isEmpty() ? new String[0] : options.split(" ", -1))) {
            StringBuilder script = new StringBuilder();
            for (String kind : KINDS) {
                script.append("readlink /proc/self/ns/").append(kind).append(';');
            }

            assertEquals(sleeper.namespaces(), sh(sleeper, script.toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--root"})
    void rightsAreThoseOfTheProcessInside(String options) throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper(options.isEmpty() ? new String[0] : new String[] {options})) {
            String fields = "grep -E '^(Uid|Gid|Cap...|NoNewPrivs|Seccomp):' /proc/";

            String inside = sh(sleeper, fields + sleeper.pid() + "/status");

            assertEquals(inside, sh(sleeper, fields + "self/status"));
        }
    }

    /** The kernel gives no filter back, so the caller names the profile again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "--root"})
    void profileOfTheStartIsNamedAgain(String options) throws IOException, InterruptedException {
        Path profile = Workbench.newFolder("profile", Account.USER).resolve("no-directories.json");
        Files.writeString(
                profile,
                "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
                        + "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}");
        List<String> words = new ArrayList<>(List.of("--seccomp", profile.toString()));
        if (!options.isEmpty()) {
            words.add(options);
        }
        String script = "mkdir /tmp/jrun-refused-$$ 2>&1; grep Seccomp_filters: /proc/self/status /proc/%d/status";
        try (Sleeper sleeper = sleeper(words.toArray(new String[0]))) {
            Failures.assertFailed(125, exec(sleeper.name(), "true").run(), "seccomp", "--seccomp PROFILE");

            String found = exec(
                            "--seccomp",
                            profile.toString(),
                            sleeper.name(),
                            "sh",
                            "-c",
                            script.formatted(sleeper.pid()))
                    .run()
                    .orFail()
                    .text();

            assertTrue(found.contains("Permission denied"), found);
            List<String> counts = found.lines()
                    .filter(line -> line.contains("Seccomp_filters"))
                    .map(line -> line.substring(line.lastIndexOf(':') + 1).strip())
                    .distinct()
                    .toList();
            assertEquals(1, counts.size(), found);
            exec("--seccomp=unconfined", sleeper.name(), "true").run().orFail();
        }
    }

    @Test
    void filesVariablesAndDirectoryAreThoseInside() throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper("--overlay")) {
            sh(sleeper, "echo new >/srv/new");

            assertEquals("new\n/srv\n1", sh(sleeper, "cat new; pwd; echo $OWN"));
        }
    }

    @Test
    void optionsSetVariablesAndTheDirectory() throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper()) {
            String found = exec(
                            "-e",
                            "OWN=2",
                            "--env",
                            "COPIED",
                            "-w",
                            "/etc",
                            sleeper.name(),
                            "sh",
                            "-c",
                            "echo $OWN $COPIED; pwd")
                    .with("COPIED", "yes")
                    .run()
                    .orFail()
                    .text();

            assertEquals("2 yes\n/etc", found);
        }
    }

    @Test
    void processNumberIsAsGoodAsAName() throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper("--pid")) {
            String outer = Long.toString(sleeper.running().process().pid());
            String inner = Long.toString(sleeper.pid());

            assertEquals(
                    "hello", exec(outer, "cat", "/srv/greeting").run().orFail().text());
            assertEquals(
                    "hello", exec(inner, "cat", "/srv/greeting").run().orFail().text());
        }
    }

    @Test
    void statusInputAndSignalsAreTheCommands() throws IOException, InterruptedException {
        try (Sleeper sleeper = sleeper()) {
            assertAll(
                    () -> assertEquals(
                            7, exec(sleeper.name(), "sh", "-c", "exit 7").run().status()),
                    () -> assertEquals(
                            143,
                            exec(sleeper.name(), "sh", "-c", "kill $$").run().status()),
                    () -> assertEquals(
                            "given",
                            exec(sleeper.name(), "cat")
                                    .reading("given")
                                    .run()
                                    .orFail()
                                    .text()),
                    () -> assertFailed(127, exec(sleeper.name(), "none").run(), "none"),
                    () -> assertFailed(125, exec(sleeper.name()).run(), "command"),
                    () -> assertFailed(
                            125, exec("-w", "/none", sleeper.name(), "true").run(), "/none"));
        }
    }

    @Test
    void whatDoesNotRunIsSaid() {
        assertFailed(125, exec("nobody", "true").run(), "nobody", "jrun list --running");
        assertFailed(125, exec("1", "true").run(), "ESRCH");
    }

    @Test
    void nameOfSeveralIsAmbiguous() throws IOException, InterruptedException {
        try (Sleeper one = sleeper();
                Sleeper other = sleeperOf(one.name())) {
            assertFailed(
                    125,
                    exec(one.name(), "true").run(),
                    Long.toString(one.pid()),
                    Long.toString(other.pid()),
                    "jrun exec");
        }
    }

    @Test
    void runningOnesAreListed() throws IOException, InterruptedException {
        Instant before = Instant.now();
        try (Sleeper plain = sleeper();
                Sleeper nested = sleeper("--pid")) {
            List<JsonValue.JsonObject> all = listed();
            JsonValue.JsonObject first = named(all, plain.name());
            JsonValue.JsonObject second = named(all, nested.name());
            Instant started = Instant.parse(first.string("started").orElseThrow());

            assertAll(
                    () -> assertEquals(List.of("sleep", "300"), first.strings("command")),
                    () -> assertEquals(plain.pid(), first.integer("pid").orElseThrow()),
                    () -> assertEquals(
                            nested.running().process().pid(),
                            second.integer("pid").orElseThrow()),
                    () -> assertEquals("4711", first.string("job").orElseThrow()),
                    () -> assertTrue(first.string("image").orElseThrow().endsWith("model.sqsh"), first::toString),
                    () -> assertTrue(
                            Duration.between(before, started).abs().compareTo(Duration.ofMinutes(2)) < 0,
                            () -> before + " " + started));
        }
        assertTrue(listed().stream()
                .noneMatch(each -> each.string("name").orElseThrow().equals("box" + number)));
    }

    /** As services do: started without variables, or with a title written over them. */
    @Nested
    class WithoutVariables {

        private static final String TITLE = "/mnt/title";

        private Sleeper sleeper(String name, String command, String options) throws IOException, InterruptedException {
            List<String> words = new ArrayList<>(List.of("-v", Workbench.tool("title") + ":" + TITLE));
            words.addAll(options.isEmpty() ? List.of() : List.of(options.split(" ", -1)));
            return sleeperOf(name, command, words.toArray(new String[0]));
        }

        private static String fresh() {
            number++;
            String name = "bare" + number;
            JRUN.run("create", "-n", name, JRUN.file("model.sqsh").toString()).orFail();
            return name;
        }

        private void assertFound(Sleeper sleeper, String options) throws IOException {
            JsonValue.JsonObject found = named(listed(), sleeper.name());
            long pid = options.contains("--pid") ? sleeper.running().process().pid() : sleeper.pid();
            String script = "for n in " + String.join(" ", KINDS)
                    + "; do readlink /proc/self/ns/$n; done; echo $OWN; echo $PATH; echo $JRUN_CONTAINER";
            String byName =
                    exec(sleeper.name(), "sh", "-c", script).run().orFail().text();
            Command.Result byNumber = exec("-e", "OWN=2", Long.toString(sleeper.pid()), "sh", "-c", script)
                    .run();

            assertAll(
                    () -> assertEquals(pid, found.integer("pid").orElseThrow()),
                    () -> assertEquals("sleep", found.strings("command").get(0)),
                    () -> assertEquals(sleeper.namespaces() + "\n\n/bin\n" + sleeper.name(), byName),
                    () -> assertEquals(
                            sleeper.namespaces() + "\n2\n/bin\n" + sleeper.name(),
                            byNumber.orFail().text()),
                    () -> assertTrue(byNumber.talk().contains("has its variables any more"), byNumber::toString));
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "--rw", "--overlay", "--root", "--pid", "--join --join-key=bare"})
        void aProcessWithoutEnvironmentIsFound(String options) throws IOException, InterruptedException {
            try (Sleeper sleeper = sleeper(fresh(), "env -i sleep 300", options)) {
                assertFound(sleeper, options);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "--pid"})
        void aProcessThatWroteOverItsEnvironmentIsFound(String options) throws IOException, InterruptedException {
            try (Sleeper sleeper = sleeper(fresh(), TITLE, options)) {
                assertFound(sleeper, options);
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"", "--overlay"})
        @NeedsFuse
        void soAreThoseOfImageFiles(String options) throws IOException, InterruptedException {
            try (Sleeper sleeper = sleeper(JRUN.file("model.sqsh").toString(), TITLE, options)) {
                assertFound(sleeper, options);
            }
        }

        @Test
        void oneThatHasItsVariablesNamesTheOthers() throws IOException, InterruptedException {
            try (Sleeper sleeper =
                    sleeper(fresh(), "sh -c 'env -i sh -c \"busybox sleep 301 & wait\" & exec sleep 300'", "")) {
                Command.Result result =
                        exec(sleeper.name(), "sh", "-c", "echo $OWN").run().orFail();

                assertEquals("1", result.text());
                assertEquals("", result.talk());
                assertEquals(
                        1,
                        listed().stream()
                                .filter(each ->
                                        each.string("name").orElseThrow().equals(sleeper.name()))
                                .count());
            }
        }

        /** Not ours, but his: the number of any process with namespaces of its own will do. */
        @Test
        void aProcessOfAnotherProgramIsEnteredByItsNumber() throws IOException, InterruptedException {
            Command.Running other = Command.of("unshare", "-Urm", "sleep", "300")
                    .as(Account.USER)
                    .start();
            try {
                long pid = 0;
                for (int i = 0; i < 6000 && pid == 0; i++, Thread.sleep(10)) {
                    pid = sleeping(other.process().pid());
                }
                String inside = Command.of("readlink", "/proc/" + pid + "/ns/mnt")
                        .run()
                        .orFail()
                        .text();

                assertEquals(
                        inside,
                        exec(Long.toString(pid), "readlink", "/proc/self/ns/mnt")
                                .run()
                                .orFail()
                                .text());
            } finally {
                other.signal("KILL");
                other.await(Duration.ofMinutes(1));
            }
        }
    }

    private static List<JsonValue.JsonObject> listed() throws IOException {
        String text = JRUN.run("list", "--running", "--format", "json").orFail().text();
        List<JsonValue.JsonObject> objects = new ArrayList<>();
        for (JsonValue each :
                ((JsonValue.JsonArray) Json.parse(text.getBytes(StandardCharsets.UTF_8), "list")).items()) {
            objects.add((JsonValue.JsonObject) each);
        }
        return objects;
    }

    private static JsonValue.JsonObject named(List<JsonValue.JsonObject> all, String name) {
        return all.stream()
                .filter(each -> each.string("name").orElseThrow().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not in " + all));
    }
}

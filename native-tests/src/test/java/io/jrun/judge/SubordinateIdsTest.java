package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code --subids} with the host's own newuidmap(1): each command runs in a mount namespace in which /etc/subuid and
 * /etc/subgid give the account ids. The kernel's maps and the owners of files judge.
 */
@NeedsRoot
@NeedsUserns
@NeedsUidmap
class SubordinateIdsTest {

    private static final int FIRST = 200_000;
    private static final int COUNT = 65_536;
    private static final Jrun JRUN = Jrun.as(Account.GAMES);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final int OWN = number("-u");
    /** The account is others' too, and what runs is found by its name. */
    private static final String NAME = "subids" + ProcessHandle.current().pid();

    private static Path ranges;

    private static int number(String option) {
        return Integer.parseInt(Command.of("id", option, "games").run().orFail().text());
    }

    @BeforeAll
    static void create() throws IOException {
        Path image = JRUN.create(REGISTRY.reference(), "box");
        JRUN.run("create", "-n", NAME, image.toString()).orFail();
        ranges = Workbench.newFolder("ranges", Account.ROOT).resolve("subids");
        Files.writeString(ranges, "games:" + FIRST + ":" + COUNT + "\n");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Command command(String... words) {
        List<String> line =
                new ArrayList<>(List.of("setpriv", "--reuid=games", "--regid=games", "--init-groups", "--"));
        line.add(Workbench.launcher().toString());
        line.addAll(List.of(words));
        return Command.of(line)
                .in(JRUN.home())
                .with("HOME", JRUN.home().toString())
                .behind(
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        "mount --bind \"$0\" /etc/subuid && mount --bind \"$0\" /etc/subgid && exec \"$@\"",
                        ranges.toString());
    }

    private static String sh(String script, String... options) {
        List<String> words = new ArrayList<>(List.of("start"));
        words.addAll(List.of(options));
        words.addAll(List.of("box", "sh", "-c", script));
        return command(words.toArray(new String[0])).run().orFail().text();
    }

    private static List<String> map(int own) {
        List<String> lines = new ArrayList<>();
        if (own > 0) {
            lines.add("0 " + FIRST + " " + own);
        }
        lines.add(own + " " + OWN + " 1");
        lines.add((own + 1) + " " + (FIRST + own) + " " + (COUNT - own));
        return lines;
    }

    private static List<String> shown(String... options) {
        return sh("cat /proc/self/uid_map", options)
                .lines()
                .map(line -> line.strip().replaceAll(" +", " "))
                .toList();
    }

    @Test
    void kernelsMapHoldsTheRangesAroundTheCaller() {
        assertEquals(map(OWN), shown("--subids"));
        assertEquals(map(0), shown("--root", "--subids"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--overlay", "--overlay --pid", "--overlay --join --join-key=subids"})
    void rootInsideGivesFilesToOthers(String options) {
        List<String> words = new ArrayList<>(List.of("--root", "--subids"));
        words.addAll(List.of(options.split(" ", -1)));

        assertEquals(
                "5:7",
                sh(
                        "echo x >/srv/new && chown 5:7 /srv/new && busybox stat -c %u:%g /srv/new",
                        words.toArray(new String[0])));
    }

    @Test
    void ownersAreRealOnTheHostAndSuchAContainerIsRemoved() throws IOException {
        JRUN.run("create", "-n", "written", JRUN.file("box.sqsh").toString()).orFail();
        command(
                        "start",
                        "--root",
                        "--subids",
                        "--rw",
                        "written",
                        "sh",
                        "-c",
                        "mkdir /srv/d && echo x >/srv/d/f" + " && chown -R 5:7 /srv/d")
                .run()
                .orFail();
        Path file = JRUN.rootfs("written").resolve("srv/d/f");

        String owner = Command.of("stat", "-c", "%u:%g", file.toString())
                .run()
                .orFail()
                .text();
        command("start", "--root", "--subids", "--rw", "written", "rm", "-r", "/srv/d")
                .run()
                .orFail();
        JRUN.run("remove", "-f", "written").orFail();

        assertAll(
                () -> assertEquals((FIRST + 4) + ":" + (FIRST + 6), owner),
                () -> assertFalse(Files.exists(JRUN.rootfs("written"))));
    }

    @Test
    void whatIsEnteredHasTheSameIds() throws IOException, InterruptedException {
        Path ready = Workbench.newFolder("ready", Account.GAMES).resolve("now");
        Command.Running running = command(
                        "start", "--root", "--subids", NAME, "sh", "-c", "echo >" + ready + "; exec sleep 300")
                .start();
        try {
            while (!Files.exists(ready) && running.process().isAlive()) {
                Thread.sleep(10);
            }
            String found = command("exec", NAME, "cat", "/proc/self/uid_map")
                    .run()
                    .orFail()
                    .text();

            assertEquals(
                    map(0),
                    found.lines()
                            .map(line -> line.strip().replaceAll(" +", " "))
                            .toList());
        } finally {
            running.signal("KILL");
            running.await(Duration.ofMinutes(1));
        }
    }

    @Test
    void aMapperThatDoesNotRunIsNamed() {
        Command start = command("start", "--subids", "box", "true");
        start.run().orFail();
        Command.Result result = start.behind(
                        "unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/bin/newgidmap; exec \"$@\"", "sh")
                .run();

        assertEquals(125, result.status(), result::toString);
        assertTrue(result.talk().contains("newgidmap"), result::toString);
        assertTrue(result.talk().contains("(more: jrun check subordinateIds)"), result::toString);
    }

    @Test
    void theCheckTriesThem() {
        String given = command("check", "subordinateIds").run().orFail().text();
        String none = JRUN.run("check", "subordinateIds").orFail().text();

        assertTrue(given.matches("(?s).*ok +subordinate ids.*"), given);
        assertTrue(none.matches("(?s).*limited +subordinate ids.*"), none);
    }

    /** Each call of the starter and of those it makes, while root traces: a traced newuidmap of anybody else has no rights. */
    @Test
    void eachCallThatFailsIsSaid() throws IOException {
        Command start = command("start", "--root", "--subids", "box", "echo", "payload");
        start.run().orFail();
        Faults faults = new Faults(start, Workbench.launcher());
        List<String> wrong = new ArrayList<>();
        for (Faults.Call call : faults.calls()) {
            if (List.of("clone", "pipe2", "unshare", "wait4", "read", "execve", "mount")
                    .contains(call.name())) {
                Command.Result result = faults.with(call, "5");
                boolean said = result.status() >= 125 && result.talk().startsWith("jrun: cannot ");
                boolean done = result.status() == 0 && result.text().equals("payload");
                if (!said && !done) {
                    wrong.add(call + ": " + result);
                }
            }
        }

        assertEquals(List.of(), wrong);
    }
}

package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jrun start}: one process from the launcher to the payload, and what its options do. */
@NeedsUserns
class StartTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Command.Result start(String... words) {
        return command(words).run();
    }

    private static Command command(String... words) {
        List<String> line = new ArrayList<>(List.of("start"));
        line.addAll(List.of(words));
        return JRUN.command(line.toArray(new String[0]));
    }

    /** A folder of the user with a file {@code data} in it. */
    private static Path folderWithData() {
        Path folder = Workbench.newFolder("data", Account.USER);
        Command.of("sh", "-c", "echo content >\"$1\"/data", "sh", folder.toString())
                .as(Account.USER)
                .run()
                .orFail();
        return folder;
    }

    @Nested
    class Ending {

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 7, 125, 126, 127, 255})
        void exitStatusIsThePayloads(int status) {
            assertEquals(status, start("box", "sh", "-c", "exit " + status).status());
        }

        @ParameterizedTest
        @CsvSource({"TERM, 143", "KILL, 137", "INT, 130", "USR1, 138", "SEGV, 139"})
        void signalToTheProcessReachesThePayload(String signal, int status) throws IOException, InterruptedException {
            Path ready = folderWithData();
            Command.Running running = command(
                            "-v", ready + ":/mnt/ready", "box", "sh", "-c", "touch /mnt/ready/now; exec sleep 60")
                    .interruptible()
                    .start();
            while (!Files.exists(ready.resolve("now")) && running.process().isAlive()) {
                Thread.sleep(10);
            }

            running.signal(signal);

            assertEquals(status, running.await(Duration.ofSeconds(60)).status());
        }

        @Test
        void processKeepsItsNumberFromLauncherToPayload() {
            Command.Running running = command("box", "sh", "-c", "echo $$").start();

            String inside = running.await(Duration.ofSeconds(60)).orFail().text();

            assertEquals(Long.toString(running.process().pid()), inside);
        }
    }

    @Nested
    class Streams {

        @Test
        void standardInputReachesThePayload() {
            assertEquals(
                    "one\ntwo",
                    command("box", "cat").reading("one\ntwo\n").run().orFail().text());
        }

        @Test
        void binaryOutputComesThroughUnchanged() {
            String bytes = command("box", "sh", "-c", "head -c 1000000 /dev/zero | wc -c")
                    .run()
                    .orFail()
                    .text();

            assertEquals("1000000", bytes);
        }

        @Test
        void terminalStaysATerminal() {
            Command terminal = Command.of("script", "-qec", Workbench.launcher() + " start box /bin/probe", "/dev/null")
                    .as(Account.USER)
                    .with("HOME", JRUN.home().toString());

            String talk = terminal.run().orFail().text();

            assertTrue(talk.contains("tty0 1") && talk.contains("tty1 1"), talk);
        }

        @Test
        void brokenPipeKillsWhereItWasNotIgnored() {
            String status = command("box", "sh", "-c", "(while echo y; do :; done; echo $? >&2) | head -1; true")
                    .run()
                    .orFail()
                    .talk();

            assertEquals("", status, "the writer was killed by SIGPIPE and said nothing");
        }
    }

    @Nested
    class Codes {

        @Test
        void unknownCommandIs127() {
            Failures.assertFailed(127, start("box", "no-such-command"), "no-such-command");
        }

        @Test
        void unknownPathIs127() {
            Failures.assertFailed(127, start("box", "/no/such/command"), "/no/such/command");
        }

        @Test
        void fileWithoutExecuteBitIs126() {
            Failures.assertFailed(126, start("box", "/etc/not-executable"), "/etc/not-executable");
        }

        @Test
        void unknownContainerIs125() {
            Failures.assertFailed(125, start("no-such-box", "true"), "no-such-box");
        }

        @Test
        void unknownOptionIs125() {
            assertEquals(125, start("--no-such-option", "box", "true").status());
        }
    }

    @Nested
    class Mounted {

        @Test
        void folderIsThereAndWritable() {
            Path folder = folderWithData();

            String content = start(
                            "-v",
                            folder + ":/mnt/here",
                            "box",
                            "sh",
                            "-c",
                            "cat /mnt/here/data; echo new >/mnt/here/made")
                    .orFail()
                    .text();

            assertAll(
                    () -> assertEquals("content", content),
                    () -> assertEquals("new\n", Files.readString(folder.resolve("made"))));
        }

        @Test
        void targetThatTheImageLacksIsMade() {
            Path folder = folderWithData();

            assertEquals(
                    "content",
                    start("-v", folder + ":/not/in/the/image", "box", "cat", "/not/in/the/image/data")
                            .orFail()
                            .text());
        }

        @Test
        void withoutTargetItKeepsItsPath() {
            Path folder = folderWithData();

            assertEquals(
                    "content",
                    start("-v", folder.toString(), "box", "cat", folder + "/data")
                            .orFail()
                            .text());
        }

        @Test
        void singleFileMayBeMountedOverAFile() {
            Path folder = folderWithData();

            assertEquals(
                    "content",
                    start("-v", folder + "/data:/srv/greeting", "box", "cat", "/srv/greeting")
                            .orFail()
                            .text());
        }

        @Test
        void readOnlyMountRefusesWrites() {
            Path folder = folderWithData();

            Command.Result result = start("-v", folder + ":/mnt/here:ro", "box", "touch", "/mnt/here/made");

            assertAll(
                    () -> assertTrue(result.talk().contains("Read-only file system"), result::toString),
                    () -> assertFalse(Files.exists(folder.resolve("made"))));
        }

        @Test
        void missingSourceIs125AndNamed() {
            Failures.assertFailed(125, start("-v", "/no/such/source:/mnt", "box", "true"), "/no/such/source");
        }

        @Test
        void sixMountsFourVariablesAndADirectoryAllHold() {
            Path folder = folderWithData();
            List<String> words = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                words.addAll(List.of("-v", folder + ":/mnt/" + i));
            }
            for (int i = 0; i < 4; i++) {
                words.addAll(List.of("-e", "V" + i + "=" + i));
            }
            words.addAll(List.of("-w", "/mnt/5", "box", "sh", "-c", "pwd; cat /mnt/*/data | wc -l; echo $V0$V1$V2$V3"));

            for (int attempt = 0; attempt < 2; attempt++) {
                assertEquals(
                        "/mnt/5\n6\n0123",
                        start(words.toArray(new String[0])).orFail().text());
            }
        }

        @Test
        void symbolicLinkOfTheImageLeadsNoMountOutside() {
            try (FakeRegistry hostile = FakeRegistry.of(
                    TestImages.busybox(), new LayerTar().symlink("leads-out", "../../../../../../.."))) {
                Path folder = folderWithData();
                JRUN.create(hostile.reference(), "hostile-link");

                Command.Result result =
                        start("-v", folder + ":/leads-out/mnt/inside", "hostile-link", "cat", "/mnt/inside/data");

                assertEquals("content", result.orFail().text(), "the link was resolved inside the container");
            }
        }
    }

    @Nested
    class Environment {

        @Test
        void optionSetsAndCopies() {
            String found = command("-e", "SET=to this", "-e", "COPIED", "box", "sh", "-c", "echo \"$SET:$COPIED\"")
                    .with("COPIED", "from here")
                    .run()
                    .orFail()
                    .text();

            assertEquals("to this:from here", found);
        }

        @Test
        void copiedVariableIsReadAtEachStart() {
            for (String rank : List.of("0", "1", "2")) {
                assertEquals(
                        rank,
                        command("-e", "RANK", "box", "sh", "-c", "echo $RANK")
                                .with("RANK", rank)
                                .run()
                                .orFail()
                                .text());
            }
        }

        @Test
        void bytesThatAreNoTextSurvive() {
            Command.Result result = command("-e", "BYTES=caf\u00e9", "box", "sh", "-c", "echo \"$BYTES\"")
                    .with("LC_ALL", "C")
                    .behind("sh", "-c", "shift; exec \"$@\"", "sh", "x")
                    .run();

            assertEquals("caf\u00e9", result.orFail().text());
        }
    }

    @Nested
    class Image {

        @Test
        @NeedsRegistry
        void variablesCommandAndDirectoryOfTheImageAreHonoured() {
            JRUN.create(Registry.open().reference("medium", "medium"), "medium");

            String found = start("medium").orFail().text();

            assertEquals("hello from the image /usr/share", found);
        }

        @Test
        void rootFileSystemIsReadOnlyUnlessAskedOtherwise() {
            Command.Result refused = start("box", "touch", "/srv/made");
            Command.Result written = start("--rw", "box", "touch", "/srv/made");
            Command.Result seen = start("box", "ls", "/srv/made");

            assertAll(
                    () -> assertTrue(refused.talk().contains("Read-only file system"), refused::toString),
                    () -> assertEquals(0, written.status(), written::toString),
                    () -> assertEquals("/srv/made", seen.text()));
        }

        @Test
        void workingDirectoryOptionWins() {
            assertEquals("/srv", start("-w", "/srv", "box", "pwd").orFail().text());
        }
    }

    @Nested
    class AppearingAsRoot {

        @Test
        void idIsZeroAndOwnershipIsPretended() {
            String found = start(
                            "--root",
                            "--rw",
                            "box",
                            "sh",
                            "-c",
                            "id -u; touch /srv/owned && chown 33:33 /srv/owned && echo changed")
                    .orFail()
                    .text();

            assertEquals("0\nchanged", found);
        }

        /** For programs that check what they did, and those that must not believe that they have given rights away. */
        @Test
        void plainRootIsToldWhatTheKernelRefuses() {
            Command.Result result = start(
                    "--root=plain",
                    "--overlay",
                    "box",
                    "sh",
                    "-c",
                    "id -u; echo x >/srv/own; chown 5 /srv/own || echo refused");

            assertEquals("0\nrefused", result.orFail().text());
            assertTrue(result.talk().contains("Invalid argument"), result::toString);
            assertEquals(125, start("--root=other", "box", "true").status());
        }

        @Test
        void fileBelongsToTheCallerOutside() throws IOException {
            start("--root", "--rw", "box", "touch", "/srv/outside").orFail();

            int owner = (int) Files.getAttribute(JRUN.rootfs("box").resolve("srv/outside"), "unix:uid");

            assertTrue(owner == Account.ID || !Host.isRoot(), "owner is " + owner);
        }
    }

    @Nested
    class Explained {

        @Test
        void planIsPrintedAndNothingStarts() {
            Path folder = folderWithData();

            String plan = start(
                            "--explain",
                            "-v",
                            folder + ":/mnt/here",
                            "-e",
                            "KEY=value",
                            "box",
                            "touch",
                            "/mnt/here/made")
                    .orFail()
                    .text();

            assertAll(
                    () -> assertTrue(plan.contains("/mnt/here") && plan.contains("KEY"), plan),
                    () -> assertFalse(Files.exists(folder.resolve("made"))));
        }

        @Test
        void jsonFormIsJson() throws CorruptDataException {
            Command.Result result =
                    start("--explain", "--format", "json", "box", "true").orFail();

            assertTrue(Json.parse(result.output(), "the plan") instanceof JsonValue.JsonObject, result::toString);
        }
    }

    @Nested
    class Warm {

        @Test
        @NeedsStrace
        void noOtherProgramRunsBetweenLauncherAndPayload() {
            Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
            start("-e", "TRACED=1", "box", "true").orFail();

            command("-e", "TRACED=1", "box", "true")
                    .behind("strace", "-f", "-qq", "-e", "trace=execve,clone,clone3,fork,vfork", "-o", trace.toString())
                    .run()
                    .orFail();

            List<String> calls = Host.lines(trace.toString()).stream()
                    .filter(line -> !line.contains("ENOENT"))
                    .toList();
            assertEquals(2, calls.size(), () -> "only jrun and true are executed, nothing is forked: " + calls);
        }

        @Test
        void startsOfOneContainerRunTogether() {
            List<Command.Running> running = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                running.add(command("-e", "TOGETHER=1", "-e", "RANK", "box", "sh", "-c", "echo $RANK")
                        .with("RANK", Integer.toString(i))
                        .start());
            }

            for (int i = 0; i < 32; i++) {
                assertEquals(
                        Integer.toString(i),
                        running.get(i).await(Duration.ofMinutes(3)).orFail().text());
            }
        }
    }
}

package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.container.ContainerOperations;
import io.jrun.cli.convert.ImportManner;
import io.jrun.cli.convert.ImportRequest;
import io.jrun.cli.convert.ImportRequest.Compat;
import io.jrun.cli.convert.ImportRequest.Limits;
import io.jrun.cli.convert.ImportRequest.Owners;
import io.jrun.cli.convert.ImportRequest.Recorded;
import io.jrun.cli.convert.ImportRequest.Source;
import io.jrun.cli.convert.ImportRequest.Target;
import io.jrun.cli.convert.ImportRequest.Transport;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {

    @TempDir
    Path cache;

    @Nested
    class Import {

        @Test
        void whatIsNotGivenIsLeftToJrun() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            assertEquals(0, jrun.run("import", "debian:12"));

            ImportRequest expected = new ImportRequest(
                    new Source("debian:12", Optional.empty(), Optional.empty(), Transport.VERIFIED, Recorded.IGNORED),
                    new Target(
                            Optional.empty(),
                            Replacement.REFUSE,
                            "squashfs",
                            Optional.empty(),
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            Owners.AS_RECORDED,
                            Compat.NONE),
                    new Limits(OptionalLong.empty(), OptionalLong.empty()),
                    ImportManner.USUAL);
            assertEquals(List.of(expected), jrun.operations.calls);
        }

        @Test
        void everyOptionArrives() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            int code = jrun.run(
                    "import",
                    "-o",
                    "x.sqsh",
                    "-f",
                    "--platform=linux/arm/v7",
                    "--compress",
                    "gzip",
                    "--level=9",
                    "--block-size=1M",
                    "--all-root",
                    "--format=tar",
                    "--compat=enroot",
                    "--restore",
                    "--authfile",
                    "/a",
                    "--plain-http",
                    "--max-entries=7",
                    "--max-size=2G",
                    "lab/solver");

            ImportRequest expected = new ImportRequest(
                    new Source(
                            "lab/solver",
                            Optional.of("linux/arm/v7"),
                            Optional.of(Path.of("/a")),
                            Transport.PLAIN_HTTP,
                            Recorded.RESTORED),
                    new Target(
                            Optional.of(Path.of("x.sqsh")),
                            Replacement.REPLACE,
                            "tar",
                            Optional.of("gzip"),
                            OptionalInt.of(9),
                            OptionalInt.of(1 << 20),
                            Owners.ALL_ROOT,
                            Compat.ENROOT),
                    new Limits(OptionalLong.of(7), OptionalLong.of(2L << 30)),
                    ImportManner.USUAL);
            assertEquals(0, code, jrun.err());
            assertEquals(List.of(expected), jrun.operations.calls);
        }

        @Test
        void theFileIsTheResultAndTheRestIsTalk() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            jrun.run("import", "-o", "x.sqsh", "-a", "arm64", "--plain-http", "lab/solver");

            assertEquals("x.sqsh\n", jrun.out());
            assertEquals("""
                    jrun: resolving lab/solver
                    jrun: imported lab/solver (sha256:00), 1.23 MB
                    jrun: 2 sockets left out
                    """, jrun.err());
        }

        @Test
        void loadAndExportNameTheirResults() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            int loaded = jrun.run("load", "-q", "-f", "-n", "x", "tar:a.tar");
            int exported = jrun.run("export", "-q", "--format", "dir", "-o", "tree", "x");

            assertEquals(0, loaded + exported, jrun.err());
            assertEquals("loaded\ntree\n", jrun.out());
            assertEquals(
                    List.of("load tar:a.tar Optional[x] REPLACE", "export x dir Optional[tree]"),
                    jrun.operations.calls);
        }

        @Test
        void quietSaysOnlyTheName() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            jrun.run("import", "-q", "lab/solver");

            assertEquals("out.sqsh\n", jrun.out());
            assertEquals("", jrun.err());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    impotr             | jrun: cannot run jrun: unknown command impotr      | did you mean import?
                    list --formta=json | jrun: cannot run list: unknown option --formta=json | see `jrun list --help`
                    import --forc x    | jrun: cannot run import: unknown option --forc     | did you mean --force?
                    remove             | jrun: cannot run remove: missing required parameter: 'NAME' | see `jrun remove --help`
                    list --format=xml  | jrun: cannot print in the format xml: there is no such format | the formats are text and json
                    import --max-size=3Q x | jrun: cannot run import: invalid value for option '--max-size': 3Q is no size: a number is expected, with K, M, G or T behind it for powers of 1024 | see `jrun import --help`
                    """)
    void mistakesAreExplained(String line, String message, String hint) {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        int code = jrun.run(line.split(" ", -1));

        assertEquals(2, code);
        assertEquals(message + "\n  hint: " + hint + "\n", jrun.err());
        assertEquals("", jrun.out());
    }

    @Test
    void platformAndArchitectureExcludeEachOther() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(2, jrun.run("import", "-a", "arm64", "--platform", "linux/arm64", "x"));

        assertTrue(jrun.err().contains("mutually exclusive"), jrun.err());
    }

    @Test
    void createPrintsTheName() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(0, jrun.run("create", "-f", "-n", "solver", "dir/x.sqsh"));

        assertEquals(
                List.of(new ContainerOperations.CreateRequest(
                        Path.of("dir/x.sqsh"), Optional.of("solver"), Replacement.REPLACE, RoomCheck.REFUSE)),
                jrun.operations.calls);
        assertEquals("solver\n", jrun.out());
        assertEquals("""
                jrun: extracting dir/x.sqsh
                jrun: created solver, 1.00 kB
                jrun: 1 device nodes were left out
                """, jrun.err());
    }

    @Test
    void whereAnImageCameFromIsWrittenBesideIt() throws IOException {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        Path file = cache.resolve("provenance.json");

        assertEquals(0, jrun.run("import", "-q", "--provenance", file.toString(), "-o", "x.sqsh", "lab/solver:2.1"));

        JsonValue written = Json.parse(Files.readAllBytes(file), "provenance");
        assertEquals("lab/solver:2.1", written.string("reference").orElseThrow());
        assertEquals("sha256:00", written.string("manifestDigest").orElseThrow());
        assertTrue(written.string("output").orElseThrow().endsWith("/x.sqsh"));
        assertTrue(written.string("imported").orElseThrow().endsWith("Z"));
        assertTrue(!written.string("host").orElseThrow().isEmpty());
    }

    @Test
    void createKnowsSilenceTimingsAndTheWayAroundTheRoomCheck() throws IOException {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);
        Path timings = cache.resolve("timings.json");

        assertEquals(0, jrun.run("create", "-q", "--no-preflight", "--timings", timings.toString(), "x.sqsh"));

        assertEquals("", jrun.err());
        assertEquals(RoomCheck.TRY, ((ContainerOperations.CreateRequest) jrun.operations.calls.get(0)).roomCheck());
        assertTrue(Files.readString(timings).contains("wallSeconds"));
    }

    @Test
    void listIsATableOrJson() {
        CommandLineFixture text = CommandLineFixture.withoutTerminal(cache);
        text.run("list");
        CommandLineFixture json = CommandLineFixture.withoutTerminal(cache);
        json.run("list", "--format", "json");

        assertEquals("""
                NAME    CREATED               IMAGE
                solver  2026-11-01T10:20:30Z  sha256:00
                x       -                     -
                """, text.out());
        assertEquals("""
                [ {
                  "name" : "solver",
                  "image" : "sha256:00",
                  "created" : "2026-11-01T10:20:30.500Z"
                }, {
                  "name" : "x"
                } ]
                """, json.out());
    }

    @Test
    void listOfRunningOnesIsATableOrJson() {
        CommandLineFixture text = CommandLineFixture.withoutTerminal(cache);
        text.run("list", "--running");
        CommandLineFixture json = CommandLineFixture.withoutTerminal(cache);
        json.run("list", "--running", "--format", "json");

        assertEquals("""
                NAME        PID  STARTED               JOB   COMMAND
                solver       17  2026-11-01T10:20:30Z  4711  run a?b
                x       4000000  2026-11-01T10:20:31Z  -     sh
                """, text.out());
        assertEquals("""
                [ {
                  "name" : "solver",
                  "pid" : 17,
                  "image" : "/images/solver.sqsh",
                  "started" : "2026-11-01T10:20:30.250Z",
                  "command" : [ "run", "a\\nb" ],
                  "job" : "4711"
                }, {
                  "name" : "x",
                  "pid" : 4000000,
                  "started" : "2026-11-01T10:20:31Z",
                  "command" : [ "sh" ]
                } ]
                """, json.out());
    }

    @Test
    void inspectIndentsWhatLiesInside() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        jrun.run("inspect", "x.sqsh");

        assertEquals("kind: squashfs\nimage:\n  entries: 3\nlayers: [\"a\",\"b\"]\n", jrun.out());
    }

    @Test
    void inspectAsksTheRegistryForWhatIsNamedAsAReference() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(0, jrun.run("inspect", "--plain-http", "--platform", "linux/arm64", "docker://lab/solver"));

        assertEquals(
                List.of("inspect docker://lab/solver Optional[linux/arm64] RegistryAccess[authFile=Optional.empty,"
                        + " plainHttp=ALLOWED]"),
                jrun.operations.calls);
        assertEquals("""
                platforms:
                  linux/arm64      sha256:bb
                size: 2.00 kB (2000 bytes)
                layers:
                  sha256:cc  2.00 kB
                """, jrun.out());
        assertEquals("jrun: a limit is near\n", jrun.err());
    }

    @Test
    void inspectOfAFileHasNoChoiceOfPlatforms() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(2, jrun.run("inspect", "--platform", "linux/arm64", "lab/solver"));

        assertTrue(jrun.err().contains("docker://lab/solver"), jrun.err());
        assertEquals(List.of(), jrun.operations.calls);
    }

    @Nested
    class Remove {

        @Test
        void withoutATerminalItNeedsForce() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            assertEquals(2, jrun.run("remove", "a", "b"));

            assertEquals(List.of(), jrun.operations.calls);
            assertEquals(
                    "jrun: cannot remove a, b: there is no terminal to ask on\n  hint: with -f nothing is asked\n",
                    jrun.err());
        }

        @Test
        void onATerminalItAsks() {
            CommandLineFixture yes = CommandLineFixture.answering(cache, "y\n");
            yes.run("remove", "a");
            CommandLineFixture no = CommandLineFixture.answering(cache, "\n");
            no.run("remove", "a");

            assertEquals(List.of("remove a"), yes.operations.calls);
            assertEquals(List.of(), no.operations.calls);
            assertEquals("", no.out());
        }

        @Test
        void eachAnswerBelongsToItsQuestion() {
            CommandLineFixture jrun = CommandLineFixture.answering(cache, "n\nyes\n");

            jrun.run("remove", "a", "b");

            assertEquals(List.of("remove b"), jrun.operations.calls);
        }

        @Test
        void forceDoesNotAsk() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            assertEquals(0, jrun.run("remove", "-f", "a", "b"));

            assertEquals(List.of("remove a", "remove b"), jrun.operations.calls);
        }
    }

    @Test
    void digestPrintsTheDigestOrADocument() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(0, jrun.run("digest", "--plain-http", "--platform", "linux/arm64", "lab/solver"));
        assertEquals(0, jrun.run("digest", "--format", "json", "lab/solver"));

        assertTrue(jrun.out().startsWith("sha256:00\n{"), jrun.out());
        assertTrue(jrun.out().contains("\"reference\" : \"lab/solver\""), jrun.out());
        assertEquals("jrun: a limit is near\njrun: a limit is near\n", jrun.err());
        assertEquals(
                "digest lab/solver Optional[linux/arm64] RegistryAccess[authFile=Optional.empty, plainHttp=ALLOWED]",
                jrun.operations.calls.get(0));
    }

    @Test
    void loginReadsThePasswordFromItsInputAndDoesNotPrintIt() {
        CommandLineFixture jrun = CommandLineFixture.answering(cache, "pass word\nmore");

        assertEquals(0, jrun.run("login", "-u", "ann", "--password-stdin", "reg.site"));

        assertTrue(((String) jrun.operations.calls.get(0)).startsWith("login reg.site ann pass word "));
        assertEquals("jrun: logged in to reg.site as ann, kept in auth.json\n", jrun.err());
    }

    @Test
    void loginWithoutAccountPasswordOrTerminalIsAMistake() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(2, jrun.run("login", "reg.site"));
        assertEquals(2, jrun.run("login", "-u", "ann", "reg.site"));
        assertEquals(2, jrun.run("login", "-u", "ann", "--password-stdin", "reg.site"));

        assertTrue(jrun.err().contains("use --password-stdin"), jrun.err());
        assertTrue(jrun.operations.calls.isEmpty());
    }

    @Test
    void logoutTellsWhereTheAccountWas() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(0, jrun.run("logout", "reg.site"));
        assertEquals(0, jrun.run("logout", "--all"));
        assertEquals(2, jrun.run("logout"));

        assertTrue(jrun.err().startsWith("jrun: removed from auth.json\njrun: no account was kept\n"), jrun.err());
    }

    @Test
    void pushPrintsTheDigest() {
        CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

        assertEquals(0, jrun.run("push", "--as", "artifact", "--mount-from", "a/b", "x.sqsh", "reg.site/x:1"));
        assertEquals(2, jrun.run("push", "--as", "tarball", "x.sqsh", "reg.site/x:1"));

        assertEquals("sha256:00\n", jrun.out());
        assertTrue(jrun.err().startsWith("jrun: a limit is near\njrun: pushed reg.site/x:1\n"), jrun.err());
        assertTrue(jrun.operations.calls.get(0).toString().contains("form=ARTIFACT, mountFrom=Optional[a/b]"));
    }

    @Nested
    class Config {

        @Test
        void valuesArePrintedWithTheirOrigins() {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            assertEquals(0, jrun.run("config"));

            List<String> lines = jrun.out()
                    .lines()
                    .map(line -> line.replaceAll(" {2,}", "  "))
                    .toList();
            assertEquals("KIND  NAME  VALUE  ORIGIN", lines.get(0));
            assertEquals("key  rw  yes  /etc/jrun/config line 1", lines.get(1));
            assertEquals("key  overlay  no  default", lines.get(2));
        }

        @Test
        void theSameIsThereForMachines() throws Exception {
            CommandLineFixture jrun = CommandLineFixture.withoutTerminal(cache);

            assertEquals(0, jrun.run("config", "--format", "json"));

            JsonValue first = ((JsonValue.JsonArray)
                            Json.parse(jrun.out().getBytes(StandardCharsets.UTF_8), "the configuration"))
                    .items()
                    .get(0);
            assertEquals("rw", first.string("name").orElseThrow());
            assertEquals("/etc/jrun/config line 1", first.string("origin").orElseThrow());
        }
    }
}

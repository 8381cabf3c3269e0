package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Files that describe a start, run as programs by the kernel. */
@NeedsUserns
class BatchTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final String FIRST_LINE = "#!/usr/bin/env -S jrun batch\n";

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static Path file(String name, String lines) throws IOException {
        Path file = Workbench.newFolder("batch", Account.USER).resolve(name);
        Files.writeString(file, FIRST_LINE + lines);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    /** As a user types it: the kernel reads the first line. */
    private static Command program(Path file, String... arguments) {
        List<String> words = new ArrayList<>(List.of(file.toString()));
        words.addAll(List.of(arguments));
        return Command.of(words)
                .as(Account.USER)
                .in(JRUN.home())
                .with("HOME", JRUN.home().toString())
                .with("PATH", Workbench.launcher().getParent() + ":/usr/bin:/bin");
    }

    @Test
    void imageMountsVariablesAndCommand() throws IOException {
        Path data = Workbench.newFolder("data", Account.USER);
        Files.writeString(data.resolve("input"), "from the host\n");
        Path file = file("job", """
            #SBATCH --nodes=1
            image = box
            mount = %s:/srv:ro
            env = GREETING=good  morning
            env = COPIED
            workdir = /srv
            command = sh -c 'cat input; echo "$GREETING" $COPIED; pwd; echo "$@"' "a name"
            """.formatted(data));

        Command.Result result =
                program(file, "one", "two  words").with("COPIED", "yes").run().orFail();

        assertEquals("from the host\ngood  morning yes\n/srv\none two  words", result.text());
    }

    @Test
    void theSecondStartNeedsNoJava() throws IOException {
        Path file = file("warm", "image = box\ncommand = echo\n");
        program(file, "first").run().orFail();

        Command.Result result = JRUN.command("batch", file.toString(), "second")
                .with("PATH", "/nonexistent")
                .run()
                .orFail();

        assertEquals("second", result.text());
    }

    @Test
    void aChangedFileIsReadAnew() throws IOException {
        Path file = file("changed", "image = box\ncommand = echo old\n");
        assertEquals("old", program(file).run().orFail().text());

        Files.writeString(file, FIRST_LINE + "image = box\ncommand = echo younger\n");

        assertEquals("younger", program(file).run().orFail().text());
    }

    @Test
    void variablesInLinesAreTheCallersOfEachStart() throws IOException {
        Path file = file("variable", "image = ${IMAGE:-box}\nenv = WHO=${WHO}\ncommand = sh -c 'echo $WHO'\n");

        assertEquals("ann", program(file).with("WHO", "ann").run().orFail().text());
        assertEquals("ben", program(file).with("WHO", "ben").run().orFail().text());
    }

    @Test
    void withoutACommandTheImagesOwnIsRunWithTheArguments() throws IOException {
        Path file = file("own", "image = box\n");

        assertEquals("x", program(file, "echo", "x").run().orFail().text());
    }

    @Test
    void typedOptionsOutweighTheFiles() throws IOException {
        Path file = file("typed", "image = box\nenv = A=file\nroot\ncommand = sh -c 'id -u; echo $A'\n");

        Command.Result result =
                JRUN.run("batch", "-e", "A=typed", file.toString()).orFail();

        assertEquals("0\ntyped", result.text());
    }

    @Test
    void explainsWhatItWouldDo() throws IOException {
        Path file = file("explained", "image = box\ncommand = echo never\n");

        Command.Result result = JRUN.run("batch", "--explain", file.toString()).orFail();

        assertTrue(result.text().contains("line command"), result.toString());
        assertFalse(result.text().lines().anyMatch(line -> line.equals("never")), result.toString());
    }

    @Test
    void relativeImagesBeginWhereItIsStarted() throws IOException {
        Path file = file("relative", "image = ./box.sqsh\ncommand = echo found\n");
        Path elsewhere = Workbench.newFolder("elsewhere", Account.USER);

        assertEquals("found", program(file).run().orFail().text());
        assertFailed(125, program(file).in(elsewhere).run(), "box.sqsh");
    }

    @Test
    void mistakesNameFileAndLine() throws IOException {
        assertFailed(125, program(file("key", "image = box\nmuont = /a\n")).run(), "line 3", "mount");
        assertFailed(125, program(file("none", "command = true\n")).run(), "image");
        assertFailed(
                125, program(file("quote", "image = box\ncommand = echo 'a\n")).run(), "line 3", "quote");
        assertFailed(125, program(file("value", "image = box\nworkdir\n")).run(), "line 3", "value");
        assertFailed(125, program(file("twice", "image = box\nimage = box\n")).run(), "line 3", "before");
        assertFailed(125, JRUN.run("batch", "/nonexistent"), "/nonexistent", "ENOENT");
    }

    @Test
    void theProgramsStatusIsTheFiles() throws IOException {
        assertEquals(
                3,
                program(file("status", "image = box\ncommand = sh -c 'exit 3'\n"))
                        .run()
                        .status());
    }
}

package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The script for machines with GPUs, unpacked elsewhere and run on a driver of files: all of it but the GPU. */
@NeedsRoot
@NeedsUserns
class GpuRunTest {

    private static final Path FOLDER = Workbench.newFolder("carried", Account.ROOT);
    private static final Path DRIVER = FOLDER.resolve("driver");

    private static String script(String name) {
        return Workbench.module().resolve("gpu").resolve(name).toString();
    }

    @BeforeAll
    static void carry() {
        Path tree = Workbench.launcher().getParent().getParent();
        Command.of(
                        "tar",
                        "-czf",
                        FOLDER.resolve("jrun.tar.gz").toString(),
                        "-C",
                        tree.getParent().toString(),
                        "jrun")
                .run()
                .orFail();
        Command.of(
                        script("pack"),
                        FOLDER.resolve("jrun.tar.gz").toString(),
                        FOLDER.resolve("all.tar.gz").toString())
                .run()
                .orFail();
        Command.of("tar", "-xzf", FOLDER.resolve("all.tar.gz").toString(), "-C", FOLDER.toString())
                .run()
                .orFail();
        Command.of(script("driver-tree"), DRIVER.toString()).run().orFail();
    }

    private static Command run() {
        return Command.of(FOLDER.resolve("jrun-gpu/run").toString())
                .with("ROUNDS", "1")
                .with("DRIVER_ROOT", DRIVER.toString());
    }

    private static void assertRows(Command.Result result, String... ways) {
        assertAll(
                () -> assertTrue(result.text().contains("stand-in 0, driver 570.124.06"), result.toString()),
                () -> assertTrue(result.text().contains("within 1 %"), result.toString()));
        for (String way : ways) {
            assertTrue(result.text().contains("| " + way + " | as bare | "), () -> way + " in:\n" + result);
        }
    }

    /** The outcome stands in the page, between its marks, and nothing else of the page is another. */
    @Test
    void rootStartsItAsRootAndAsAnAccountWithoutRightsAndItIsRecorded() throws IOException {
        String before = Files.readString(Workbench.module().resolve("../docs/gpu.md"));
        Path page = Files.writeString(FOLDER.resolve("page.md"), before);

        Command.Result result = run().with("RECORD", page.toString()).run().orFail();

        assertRows(result, "bare", "root", "user", "chosen");
        Pattern marked = Pattern.compile("(?s)(.*<!-- outcome -->\n)(.*)(<!-- end of outcome -->\n.*)");
        Matcher old = marked.matcher(before);
        Matcher recorded = marked.matcher(Files.readString(page));
        assertTrue(old.matches() && recorded.matches(), "marks in docs/gpu.md");
        assertAll(
                () -> assertEquals(result.text(), recorded.group(2).strip()),
                () -> assertEquals(old.group(1), recorded.group(1)),
                () -> assertEquals(old.group(3), recorded.group(3)));
    }

    @Test
    void anAccountWithoutRightsStartsItItself() {
        assertRows(run().as(Account.USER).with("HOME", FOLDER.toString()).run().orFail(), "bare", "user", "chosen");
    }

    /** As hosts without packages keep it, where the machine's own nvidia-smi is not in PATH either. */
    @Test
    void aDriverInUsrLocalIsFoundToo() {
        Path other = FOLDER.resolve("other");
        String move = "cp -a \"$0\" \"$1\" && cd \"$1\" && mkdir -p usr/local/nvidia/bin && mv usr/lib/*-linux-gnu"
                + " usr/local/nvidia/lib64 && mv usr/bin/nvidia-smi usr/local/nvidia/bin";
        Command.of("sh", "-ec", move, DRIVER.toString(), other.toString()).run().orFail();

        assertRows(run().with("DRIVER_ROOT", other.toString()).run().orFail(), "bare", "root", "user", "chosen");
    }

    @Test
    void aMachineWithoutGpusIsToldApartFromAFailure() {
        Command.Result result =
                run().with("DRIVER_ROOT", FOLDER.resolve("nothing").toString()).run();

        assertAll(
                () -> assertEquals(3, result.status(), result.toString()),
                () -> assertTrue(result.talk().contains("shows no NVIDIA GPU"), result.talk()));
    }
}

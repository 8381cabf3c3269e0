package io.jrun.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One manifest, one set of options: one sequence of bytes, wherever, whenever and by whomever it is made. */
@Aside
@NeedsRegistry
class DeterminismTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static String reference = "";
    private static String expected = "";

    @BeforeAll
    static void importOnce() {
        reference = Registry.open().reference("lean", "lean");
        expected = digest(JRUN, JRUN.command("import", "-q", "-o", "first.sqsh", reference), "first.sqsh");
    }

    private static String digest(Jrun jrun, Command command, String file) {
        command.run().orFail();
        return FakeRegistry.digest(read(jrun.file(file)));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneProcessorGivesTheSameBytes() {
        Command command = JRUN.command("import", "-q", "--no-reuse", "-o", "one.sqsh", reference)
                .behind("taskset", "-c", "0");

        assertEquals(expected, digest(JRUN, command, "one.sqsh"));
    }

    @Test
    void emptyCacheGivesTheSameBytes() {
        Jrun other = Jrun.as(Account.USER);

        assertEquals(expected, digest(other, other.command("import", "-q", "-o", "new.sqsh", reference), "new.sqsh"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "gzip", "lz4", "xz", "none"})
    void blocksOfAnEarlierFileGiveTheSameBytes(String compression) {
        Jrun other = Jrun.as(Account.USER);
        Command command = other.command(
                "import", "-q", "-f", "--compress", compression, "--timings", "timings", "-o", "f", reference);
        String fresh = digest(other, command, "f");

        String taken = digest(other, command, "f");

        assertEquals(fresh, taken);
        assertFalse(new String(read(other.file("timings")), UTF_8).contains("\"layersReused\" : 0"));
    }

    @Test
    void timeZoneLocaleAndUmaskDoNotShow() {
        Command command = JRUN.command("import", "-q", "--no-reuse", "-o", "zone.sqsh", reference)
                .with("TZ", "Pacific/Chatham")
                .with("LC_ALL", "C")
                .behind("sh", "-c", "umask 077; exec \"$@\"", "sh");

        assertEquals(expected, digest(JRUN, command, "zone.sqsh"));
    }

    @Test
    @NeedsRoot
    void rootMakesTheSameFile() {
        Jrun root = Jrun.as(Account.ROOT);

        assertEquals(expected, digest(root, root.command("import", "-q", "-o", "root.sqsh", reference), "root.sqsh"));
    }

    @Test
    @NeedsRoot
    void oddLayersGiveTheSameBytesWithOneProcessor() {
        String large = Registry.open().reference("large", "large");
        Command one = JRUN.command("import", "-q", "--no-reuse", "-o", "large-one.sqsh", large)
                .behind("taskset", "-c", "0");
        Command reusing = JRUN.command("import", "-q", "-o", "large-again.sqsh", large);

        String all = digest(JRUN, JRUN.command("import", "-q", "-o", "large-all.sqsh", large), "large-all.sqsh");

        assertEquals(all, digest(JRUN, one, "large-one.sqsh"));
        assertEquals(all, digest(JRUN, reusing, "large-again.sqsh"), "taken over from the file before");
    }

    @Test
    void optionsThatChangeTheFileChangeTheBytes() {
        String gzip = digest(
                JRUN, JRUN.command("import", "-q", "--compress", "gzip", "-o", "gzip.sqsh", reference), "gzip.sqsh");
        String none = digest(
                JRUN, JRUN.command("import", "-q", "--compress", "none", "-o", "none.sqsh", reference), "none.sqsh");

        assertAll(() -> assertNotEquals(expected, gzip), () -> assertNotEquals(gzip, none));
    }
}

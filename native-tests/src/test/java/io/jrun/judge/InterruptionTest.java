package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Import and create may be ended at any moment. Harm: half an image under the final name, or remains that make the next run
 * fail. The moments are random; the seed is in every message.
 */
@NeedsRegistry
class InterruptionTest {

    private static final int ROUNDS = 6;

    private static String reference = "";
    private static String expected = "";
    private static Path image = Path.of("/");
    private static long importMillis;
    private static long createMillis;

    private final long seed = Long.getLong("jrun.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void measure() throws IOException {
        reference = Registry.open().reference("medium", "medium");
        Jrun jrun = Jrun.as(Account.USER);
        image = jrun.file("reference.sqsh");
        long begin = System.nanoTime();
        jrun.run("import", "-q", "-o", image.toString(), reference).orFail();
        importMillis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
        expected = FakeRegistry.digest(Files.readAllBytes(image));
        begin = System.nanoTime();
        jrun.run("create", "-n", "measured", image.toString()).orFail();
        createMillis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
        jrun.run("remove", "-f", "measured").orFail();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    void interruptedImportLeavesNoImageAndTheNextOneSucceeds(String signal) throws IOException {
        Jrun jrun = Jrun.as(Account.USER);
        Path folder = Workbench.newFolder("output", Account.USER);
        Path file = folder.resolve("x.sqsh");
        for (int round = 0; round < ROUNDS; round++) {
            Command.Result result =
                    interrupt(jrun.command("import", "-q", "-o", file.toString(), reference), signal, importMillis);

            if (result.status() == 0) {
                assertEquals(expected, FakeRegistry.digest(Files.readAllBytes(file)), () -> "finished, seed " + seed);
                Files.delete(file);
            }
            assertFalse(Files.exists(file), () -> "half an image after " + signal + ", seed " + seed + ": " + result);
            if (!signal.equals("KILL")) {
                assertEquals(List.of(), children(folder), () -> "left after " + signal + ", seed " + seed);
            }
        }

        Command.Result last = jrun.run("import", "-q", "-o", file.toString(), reference);

        assertAll(
                () -> assertEquals(0, last.status(), () -> "seed " + seed + ": " + last),
                () -> assertEquals(expected, FakeRegistry.digest(Files.readAllBytes(file)), () -> "seed " + seed));
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    void interruptedCreateLeavesNoContainerAndTheNextOneSucceeds(String signal) {
        Jrun jrun = Jrun.as(Account.USER);
        for (int round = 0; round < ROUNDS; round++) {
            Command.Result result =
                    interrupt(jrun.command("create", "-n", "box", image.toString()), signal, createMillis);

            boolean listed =
                    jrun.run("list", "--format", "json").orFail().text().contains("\"box\"");
            assertEquals(
                    result.status() == 0, listed, () -> "listed after " + signal + ", seed " + seed + ": " + result);
            if (listed) {
                jrun.run("remove", "-f", "box").orFail();
            }
        }

        Command.Result last = jrun.run("create", "-n", "box", image.toString());

        assertAll(
                () -> assertEquals(0, last.status(), () -> "seed " + seed + ": " + last),
                () -> assertTrue(Files.isDirectory(jrun.rootfs("box").resolve("usr")), () -> "complete, seed " + seed));
    }

    private Command.Result interrupt(Command command, String signal, long usualMillis) {
        Command.Running running = command.start();
        pause(random.nextLong(Math.max(1, usualMillis)));
        running.signal(signal);
        return running.await(Duration.ofMinutes(2));
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> children(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}

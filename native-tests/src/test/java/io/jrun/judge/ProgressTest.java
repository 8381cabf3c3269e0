package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person sees of an import. The terminal is the kernel's; script(1) keeps what is written to it. */
@Aside
class ProgressTest {

    private static final int CONTENT_SIZE = 2 << 20;
    private static final String CONTROL = "\u001b\\[[0-9]*[A-Z]|\r|\n";
    private static final String ERASE_BELOW = "\u001b[J";

    private final Jrun jrun = Jrun.as(Account.USER);
    private final CountDownLatch seen = new CountDownLatch(1);

    private FakeRegistry registry() {
        byte[] noise = new byte[CONTENT_SIZE];
        new Random(3).nextBytes(noise);
        FakeRegistry registry = FakeRegistry.of(new LayerTar().file("data", noise, 0644));
        registry.misbehaveAt(registry.layerDigest(0), this::inTwoHalves);
        return registry;
    }

    /** The second one when the first has been seen. */
    private void inTwoHalves(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body, 0, body.length / 2);
        exchange.getResponseBody().flush();
        try {
            seen.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.getResponseBody().write(body, body.length / 2, body.length - body.length / 2);
    }

    private Command onTerminal(String prepare, String reference) {
        String line = prepare + "; exec " + Workbench.launcher() + " import -o x.sqsh " + reference;
        return Command.of("script", "-qec", line, "/dev/null")
                .as(Account.USER)
                .in(jrun.home())
                .with("TERM", "vt100")
                .with("HOME", jrun.home().toString());
    }

    private static String written(Command.Running running) throws IOException {
        return Files.readString(running.folder().resolve("out"), StandardCharsets.UTF_8);
    }

    private static String awaited(Command.Running running, Predicate<String> condition) throws Exception {
        for (int i = 0; i < 6000 && !condition.test(written(running)); i++) {
            Thread.sleep(10);
        }
        String output = written(running);
        assertTrue(condition.test(output), () -> "did not come within a minute: " + output);
        return output;
    }

    /** From the first line that is written again. */
    private static String lastFrame(String output) {
        Matcher up = Pattern.compile("\u001b\\[[0-9]+A").matcher(output);
        int start = 0;
        while (up.find()) {
            start = up.start();
        }
        return output.substring(start);
    }

    private static boolean isWholeWithoutBar(String frame) {
        return frame.contains("layer 1/1") && frame.endsWith(ERASE_BELOW) && !frame.contains("[#");
    }

    private static boolean isNoWider(String output, int columns) {
        return Arrays.stream(output.split(CONTROL, -1)).allMatch(piece -> piece.length() < columns);
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 40})
    void barsFitTheTerminalAndAreGoneAtTheEnd(int columns) throws Exception {
        try (FakeRegistry registry = registry()) {
            Command.Running running =
                    onTerminal("stty cols " + columns, registry.reference()).start();
            String half = awaited(running, output -> output.contains(" left"));
            seen.countDown();
            String whole = running.await(Duration.ofMinutes(2)).orFail().text();

            String stays = whole.substring(whole.lastIndexOf(ERASE_BELOW) + ERASE_BELOW.length());
            assertAll(
                    () -> assertTrue(half.contains("layer 1/1") && half.contains("fetched"), half),
                    () -> assertEquals(columns == 80, half.contains("[#"), half),
                    () -> assertTrue(isNoWider(half, columns), half),
                    () -> assertTrue(stays.strip().endsWith("x.sqsh") && !stays.contains("#"), stays));
        }
    }

    @Test
    void aTerminalThatBecomesNarrowerGetsShorterLines() throws Exception {
        try (FakeRegistry registry = registry()) {
            String later = "(while [ ! -e narrow ]; do sleep 0.02; done; stty cols 40 </dev/tty) & ";
            Command.Running running =
                    onTerminal(later + "stty cols 80", registry.reference()).start();
            awaited(running, output -> lastFrame(output).contains("[#"));
            Files.createFile(jrun.file("narrow"));
            String half = awaited(running, output -> isWholeWithoutBar(lastFrame(output)));
            seen.countDown();
            running.await(Duration.ofMinutes(2)).orFail();

            assertTrue(isNoWider(lastFrame(half), 40), half);
        }
    }
}

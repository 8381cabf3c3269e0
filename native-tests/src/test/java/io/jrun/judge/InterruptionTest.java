package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Import, create, load, export and push may be ended at any moment. Harm: half a result under the final name, or remains
 * that make the next run fail. The moments are random; the seed is in every message.
 */
@Aside
@NeedsRegistry
class InterruptionTest {

    /** Mount points that the image lacks are as old as the container. */
    private static final Pattern MADE_AT_CREATION =
            Pattern.compile("\\./etc/(hosts|hostname|machine-id|resolv\\.conf|localtime): mtime .*");

    private static final int ROUNDS = 6;

    /** For what goes the ways of import and create but for a part of its own. */
    private static final int FEW_ROUNDS = 2;

    private static String reference = "";
    private static String expected = "";
    private static Path image = Path.of("/");
    private static long importMillis;
    private static long createMillis;

    private final long seed = Long.getLong("jrun.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void measure() throws IOException {
        reference = Registry.open().reference("lean", "lean");
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

            boolean there = Files.exists(file);
            assertTrue(there || result.status() != 0, () -> "lost after " + signal + ", seed " + seed);
            if (there) {
                // It may have been ended between its last act and its exit.
                assertEquals(
                        expected,
                        FakeRegistry.digest(Files.readAllBytes(file)),
                        () -> "half an image after " + signal + ", seed " + seed + ": " + result);
                Files.delete(file);
            }
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
        jrun.run("create", "-n", "whole", image.toString()).orFail();
        for (int round = 0; round < ROUNDS; round++) {
            Command.Result result =
                    interrupt(jrun.command("create", "-n", "box", image.toString()), signal, createMillis);

            boolean listed =
                    jrun.run("list", "--format", "json").orFail().text().contains("\"box\"");
            assertTrue(listed || result.status() != 0, () -> "lost after " + signal + ", seed " + seed);
            if (listed) {
                assertWhole(jrun, signal);
                jrun.run("remove", "-f", "box").orFail();
            }
        }

        Command.Result last = jrun.run("create", "-n", "box", image.toString());

        assertAll(
                () -> assertEquals(0, last.status(), () -> "seed " + seed + ": " + last),
                () -> assertTrue(Files.isDirectory(jrun.rootfs("box").resolve("usr")), () -> "complete, seed " + seed));
    }

    /** Of "box", against "whole": it may have been ended between its last act and its exit. */
    private void assertWhole(Jrun jrun, String signal) {
        assertEquals(
                List.of(),
                Tree.of(jrun.rootfs("box"), Account.USER)
                        .differencesTo(Tree.of(jrun.rootfs("whole"), Account.USER))
                        .stream()
                        .filter(each -> !MADE_AT_CREATION.matcher(each).matches())
                        .toList(),
                () -> "half a container after " + signal + ", seed " + seed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void interruptedLoadLeavesNoContainerAndTheNextOneSucceeds(String signal) {
        Jrun jrun = Jrun.as(Account.USER);
        jrun.run("load", "-q", "-n", "whole", reference).orFail();
        for (int round = 0; round < FEW_ROUNDS; round++) {
            Command.Result result =
                    interrupt(jrun.command("load", "-q", "-n", "box", reference), signal, importMillis + createMillis);

            boolean listed =
                    jrun.run("list", "--format", "json").orFail().text().contains("\"box\"");
            assertTrue(listed || result.status() != 0, () -> "lost after " + signal + ", seed " + seed);
            if (listed) {
                assertWhole(jrun, signal);
                jrun.run("remove", "-f", "box").orFail();
            }
        }

        jrun.run("load", "-q", "-n", "box", reference).orFail();

        assertTrue(Files.isDirectory(jrun.rootfs("box").resolve("usr")), () -> "complete, seed " + seed);
    }

    /** skopeo compares every digest of the layout. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void interruptedExportLeavesNoLayoutAndTheNextOneSucceeds(String signal) throws IOException {
        Jrun jrun = Jrun.as(Account.USER);
        jrun.run("create", "-n", "box", image.toString()).orFail();
        Path folder = Workbench.newFolder("exported", Account.USER);
        Path layout = folder.resolve("box.oci");
        String[] words = {"export", "-q", "--format", "oci", "-o", layout.toString(), "box"};
        for (int round = 0; round < FEW_ROUNDS; round++) {
            Command.Result result = interrupt(jrun.command(words), signal, importMillis);

            boolean there = Files.exists(layout);
            assertTrue(there || result.status() != 0, () -> "lost after " + signal + ", seed " + seed);
            if (there) {
                skopeo("oci:" + layout + ":latest", "dir:" + folder.resolve("round" + round))
                        .orFail();
                Workbench.remove(layout);
                Workbench.remove(folder.resolve("round" + round));
            }
        }

        jrun.run(words).orFail();

        assertEquals(List.of("box.oci"), children(folder), () -> "leftovers are gone, seed " + seed);
        skopeo("oci:" + layout + ":latest", "oci:" + folder.resolve("copied")).orFail();
    }

    /** A tag that the registry knows stands for a whole image. */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "KILL"})
    void interruptedPushLeavesNoTagAndTheNextOneSucceeds(String signal) {
        Jrun jrun = Jrun.as(Account.USER);
        Path folder = Workbench.newFolder("pushed", Account.USER);
        String target = Registry.open().address() + "/interrupted/" + signal.toLowerCase(Locale.ROOT);
        for (int round = 0; round < FEW_ROUNDS; round++) {
            String tag = target + ":" + System.nanoTime();
            Command.Result result =
                    interrupt(jrun.command("push", "-q", image.toString(), tag), signal, importMillis + createMillis);

            boolean tagged = Command.of("skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + tag)
                            .run()
                            .status()
                    == 0;
            assertTrue(tagged || result.status() != 0, () -> "lost after " + signal + ", seed " + seed);
            if (tagged) {
                skopeo("docker://" + tag, "dir:" + folder.resolve("round" + round))
                        .orFail();
            }
        }

        jrun.run("push", "-q", image.toString(), target + ":last").orFail();

        skopeo("docker://" + target + ":last", "dir:" + folder.resolve("last")).orFail();
    }

    /** Harm: what a killed import has fetched is fetched again. */
    @Test
    void killedDownloadGoesOnWhereItStopped() throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(7).nextBytes(content);
        CountDownLatch half = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        List<String> ranges = new CopyOnWriteArrayList<>();
        Jrun jrun = Jrun.as(Account.USER);
        try (FakeRegistry registry = FakeRegistry.of(new LayerTar().file("data", content, 0644))) {
            registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
                String range = exchange.getRequestHeaders().getFirst("Range");
                ranges.add(String.valueOf(range));
                if (range == null) {
                    sendHalf(exchange, body, half, over);
                } else {
                    sendFrom(exchange, body, Integer.parseInt(range.replaceFirst("bytes=([0-9]+)-.*", "$1")));
                }
            });
            Command.Running killed = jrun.command("import", "-q", "-o", "x.sqsh", registry.reference())
                    .start();
            assertTrue(half.await(2, TimeUnit.MINUTES), "nothing was fetched");
            awaitBytes(jrun.file(".cache/jrun/blobs"), 2 << 20);
            killed.signal("KILL");
            killed.await(Duration.ofMinutes(1));
            over.countDown();

            jrun.run("import", "-q", "-o", "x.sqsh", registry.reference()).orFail();
        }
        assertEquals(2, ranges.size(), ranges::toString);
        assertTrue(ranges.get(1).matches("bytes=[1-9][0-9]{5,}-.*"), ranges::toString);
    }

    private static void sendHalf(HttpExchange exchange, byte[] body, CountDownLatch half, CountDownLatch over)
            throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body, 0, body.length / 2);
        exchange.getResponseBody().flush();
        half.countDown();
        try {
            over.await(2, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sendFrom(HttpExchange exchange, byte[] body, int from) throws IOException {
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
        exchange.sendResponseHeaders(206, body.length - from);
        exchange.getResponseBody().write(body, from, body.length - from);
    }

    private static void awaitBytes(Path folder, long size) throws IOException {
        for (int i = 0; i < 6000 && largest(folder) < size; i++) {
            pause(10);
        }
        assertTrue(largest(folder) >= size, "the cache did not grow");
    }

    private static long largest(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.mapToLong(file -> file.toFile().length()).max().orElse(0);
        }
    }

    private static Command.Result skopeo(String from, String to) {
        return Command.of("skopeo", "copy", "-q", "--insecure-policy", "--src-tls-verify=false", from, to)
                .with("HOME", Workbench.folder().toString())
                .run();
    }

    private Command.Result interrupt(Command command, String signal, long usualMillis) {
        Command.Running running = command.interruptible().start();
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

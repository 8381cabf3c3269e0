package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A start that has no plan yet is several processes: the launcher, the Java that compiles, and for a reference the import.
 * Whichever of them is killed, the others end too, nothing is left that the next start minds, and that one works.
 */
@NeedsUserns
class KilledColdStartTest {

    private static final int ROUNDS = 5;
    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());

    private final long seed = Long.getLong("jrun.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @BeforeAll
    static void create() {
        JRUN.create(REGISTRY.reference(), "box");
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    /** Itself, its child, its grandchild, and so on, as far as there are any. */
    private static List<Long> chain(long process) {
        List<Long> chain = new ArrayList<>(List.of(process));
        String child = Long.toString(process);
        while (!child.isEmpty()) {
            child = Command.of("ps", "-o", "pid=", "--ppid", child)
                    .run()
                    .text()
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
            if (!child.isEmpty()) {
                chain.add(Long.parseLong(child));
            }
        }
        return chain;
    }

    private static void kill(long process) {
        Command.of("kill", "-KILL", Long.toString(process)).run();
    }

    /** One that has ended and was not waited for has no command line. */
    private static boolean runs(long process) {
        try {
            return !Files.readString(Path.of("/proc/" + process + "/cmdline"), StandardCharsets.ISO_8859_1)
                    .isEmpty();
        } catch (IOException ended) {
            return false;
        }
    }

    private static List<Long> survivors(List<Long> chain) throws InterruptedException {
        List<Long> left = chain;
        for (int i = 0; i < 1000 && !left.isEmpty(); i++) {
            left = left.stream().filter(KilledColdStartTest::runs).toList();
            Thread.sleep(10);
        }
        return left;
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** 0 is the launcher, 1 what compiles, 2 what imports. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @NeedsFuse
    void anImportEndsWithTheStartThatWaitsForIt(int victim) throws Exception {
        Path cache = Workbench.newFolder("cache", Account.USER);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        try (FakeRegistry registry = FakeRegistry.of(TestImages.busybox())) {
            registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
                asked.countDown();
                await(over);
                FakeRegistry.reply(exchange, 200, body);
            });
            Command start = JRUN.command("start", registry.reference(), "cat", "/srv/greeting")
                    .with("XDG_CACHE_HOME", cache.toString());
            Command.Running running = start.start();
            assertTrue(asked.await(2, TimeUnit.MINUTES), "nothing was fetched");
            List<Long> chain = chain(running.process().pid());
            assertTrue(chain.size() >= 3, chain::toString);

            kill(chain.get(victim));
            Command.Result killed = running.await(Duration.ofMinutes(1));
            List<Long> left = survivors(chain);
            over.countDown();
            Command.Result next = start.run();

            assertAll(
                    () -> assertTrue(killed.status() >= 125, killed::toString),
                    () -> assertEquals(List.of(), left, "processes that are left"),
                    () -> assertEquals("hello", next.orFail().text()),
                    () -> assertEquals(
                            List.of(),
                            names(cache.resolve("jrun/images")).stream()
                                    .filter(name -> !name.matches("[^.].*\\.sqsh(\\.lock)?"))
                                    .toList()));
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(2, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void whatCompilesIsKilledAtAnyMoment(int victim) throws Exception {
        Path plans = JRUN.rootfs("box").resolve("../plans").normalize();
        Command start = JRUN.command("start", "-e", "VICTIM=" + victim, "box", "cat", "/srv/greeting");
        long begin = System.nanoTime();
        start.run().orFail();
        long usual = Math.max(1, Duration.ofNanos(System.nanoTime() - begin).toMillis());
        List<String> wrong = new ArrayList<>();

        for (int round = 0; round < ROUNDS; round++) {
            Workbench.remove(plans);
            Command.Running running = start.start();
            Thread.sleep(random.nextLong(usual));
            List<Long> chain = chain(running.process().pid());
            kill(chain.get(Math.min(victim, chain.size() - 1)));
            Command.Result killed = running.await(Duration.ofMinutes(1));
            List<Long> left = survivors(chain);
            Command.Result next = start.run();
            boolean right = left.isEmpty() && next.status() == 0 && next.text().equals("hello");
            if (!right || (killed.status() != 0 && killed.status() < 125)) {
                wrong.add("seed " + seed + ", round " + round + ": " + killed + left + next);
            }
        }

        assertEquals(List.of(), wrong);
        assertEquals(
                List.of(),
                names(plans).stream().filter(name -> name.startsWith(".")).toList(),
                () -> "drafts, seed " + seed);
    }
}

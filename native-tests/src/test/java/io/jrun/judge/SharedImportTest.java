package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Many processes import one image into one directory. Harm: the work done many times, a half file under the final name,
 * everybody waiting for a dead producer. A node of its own is a PID namespace of its own: the others can then judge a
 * process by its signs of life alone.
 */
@NeedsUserns
class SharedImportTest {

    /** Large enough that an import can be stopped in the middle, and random, so that it does not shrink. */
    private static final int CONTENT_SIZE = 6 << 20;

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final FakeRegistry registry =
            FakeRegistry.of(new LayerTar().file("etc/name", "solver").file("data", content(), 0644));
    private Path folder = Path.of("/");
    private String expected = "";

    private static byte[] content() {
        byte[] bytes = new byte[CONTENT_SIZE];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    @BeforeEach
    void importOnce() throws IOException {
        folder = Workbench.newFolder("shared", Account.USER);
        Jrun jrun = Jrun.as(Account.USER);
        Path alone = jrun.file("alone.sqsh");
        jrun.run("import", "-q", "-o", alone.toString(), registry.reference()).orFail();
        expected = FakeRegistry.digest(Files.readAllBytes(alone));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private Command shared(Jrun jrun, String... more) {
        List<String> words = new ArrayList<>(List.of("import", "--progress", "plain", "--shared", folder.toString()));
        words.addAll(List.of(more));
        words.add(registry.reference());
        return jrun.command(words.toArray(String[]::new));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** One image file, whole, with a name for people, and nothing besides. */
    private void assertOneImage(Command.Result result) throws IOException {
        Path file = Path.of(result.orFail().text());
        assertEquals(expected, FakeRegistry.digest(Files.readAllBytes(file)), result::toString);
        List<String> names = names();
        assertEquals(2, names.size(), names::toString);
        assertTrue(names.contains(file.getFileName().toString()), names::toString);
        Path link = folder.resolve(names.stream()
                .filter(name -> name.contains("test+image+1"))
                .findFirst()
                .orElseThrow());
        assertEquals(file.getFileName(), Files.readSymbolicLink(link));
    }

    private static void awaitCondition(java.util.concurrent.Callable<Boolean> condition) throws Exception {
        for (int i = 0; i < 6000 && !condition.call(); i++) {
            Thread.sleep(10);
        }
        assertTrue(condition.call(), "did not come to pass within a minute");
    }

    private boolean exists(String part) throws IOException {
        return names().stream().anyMatch(name -> name.contains(part));
    }

    /** Sends the layer up to its middle, tells, and goes on when it may. */
    private static void inTwoHalves(HttpExchange exchange, byte[] body, CountDownLatch half, CountDownLatch goOn)
            throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body, 0, body.length / 2);
        exchange.getResponseBody().flush();
        half.countDown();
        try {
            goOn.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        exchange.getResponseBody().write(body, body.length / 2, body.length - body.length / 2);
    }

    @Test
    void sixtyFourProcessesOnManyNodesFetchTheLayerOnce() throws IOException {
        AtomicInteger fetched = new AtomicInteger();
        registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
            fetched.incrementAndGet();
            FakeRegistry.reply(exchange, 200, body);
        });
        List<Command.Running> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            Command command = shared(Jrun.as(Account.USER));
            all.add((i % 2 == 0 || !Host.isRoot() ? command : nodeOf(command)).start());
        }
        List<Command.Result> results =
                all.stream().map(each -> each.await(LIMIT)).toList();

        for (Command.Result result : results) {
            assertOneImage(result);
        }
        assertEquals(1, fetched.get(), "every process has a cache of its own, so each import fetches");
    }

    /** The node is made by root, the import is the user's. */
    private static Command nodeOf(Command command) {
        List<String> words = new ArrayList<>(command.account().prefix());
        words.addAll(command.words());
        return new Command(
                        words,
                        Account.ROOT,
                        command.environment(),
                        command.directory(),
                        command.input(),
                        command.limit())
                .behind("unshare", "--pid", "--fork", "--mount-proc", "--kill-child");
    }

    @Test
    void theHitNeedsNoRightToWriteAndADigestNeedsNoRegistry() throws IOException {
        Jrun jrun = Jrun.as(Account.USER);
        Command.Result first = shared(jrun).run().orFail();
        String byDigest = registry.reference().replaceFirst(":1$", "@" + FakeRegistry.digest(manifest()));
        jrun.run("import", "-q", "--shared", folder.toString(), byDigest).orFail();
        Command.of("chmod", "555", folder.toString()).run().orFail();

        Command.Result hit = shared(Jrun.as(Account.USER)).run();
        registry.close();
        Command.Result withoutRegistry =
                Jrun.as(Account.USER).run("import", "-q", "--shared", folder.toString(), byDigest);

        assertAll(
                () -> assertEquals(first.text(), hit.orFail().text()),
                () -> assertTrue(
                        Files.isSameFile(
                                Path.of(first.text()),
                                Path.of(withoutRegistry.orFail().text())),
                        withoutRegistry::toString));
    }

    private byte[] manifest() {
        return registry.manifestText().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Stages by what lies in the directory, or the layer half sent; the signal comes there. */
    @ParameterizedTest
    @CsvSource({"lease, same", "lease, other", "half, same", "half, other"})
    void whoWaitsTakesOverFromAKilledProducer(String stage, String node) throws Exception {
        CountDownLatch half = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger requests = new AtomicInteger();
        registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
            if (requests.incrementAndGet() == 1) {
                inTwoHalves(exchange, body, half, goOn);
            } else {
                FakeRegistry.reply(exchange, 200, body);
            }
        });
        Command command = shared(Jrun.as(Account.USER));
        boolean other = node.equals("other") && Host.isRoot();
        Command.Running producer = (other ? nodeOf(command) : command).start();
        awaitCondition(() -> exists(".lease."));
        Command.Running waiter =
                shared(Jrun.as(Account.USER), "--takeover-after", "5").start();
        if (stage.equals("half")) {
            assertTrue(half.await(1, TimeUnit.MINUTES), "the producer fetches");
            awaitCondition(() -> talk(waiter).contains("waiting for process"));
        }

        producer.signal("KILL");
        goOn.countDown();

        assertOneImage(waiter.await(LIMIT));
    }

    private static String talk(Command.Running running) throws IOException {
        return Files.readString(running.folder().resolve("err"));
    }

    @Test
    void aProducerThatIsPausedAndGoesOnLaterSpoilsNothing() throws Exception {
        CountDownLatch half = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger requests = new AtomicInteger();
        registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
            if (requests.incrementAndGet() == 1) {
                inTwoHalves(exchange, body, half, goOn);
            } else {
                FakeRegistry.reply(exchange, 200, body);
            }
        });
        Command.Running producer = shared(Jrun.as(Account.USER)).start();
        assertTrue(half.await(1, TimeUnit.MINUTES), "the producer fetches");
        producer.signal("STOP");
        Command.Result waiter =
                shared(Jrun.as(Account.USER), "--takeover-after", "3").run();
        String taken =
                FakeRegistry.digest(Files.readAllBytes(Path.of(waiter.orFail().text())));

        goOn.countDown();
        producer.signal("CONT");
        Command.Result late = producer.await(LIMIT);

        assertAll(
                () -> assertEquals(expected, taken),
                () -> assertTrue(waiter.talk().contains("no sign of life"), waiter::toString),
                () -> assertEquals(waiter.text(), late.orFail().text()),
                () -> assertOneImage(late));
    }

    @ParameterizedTest
    @CsvSource({"INT", "TERM", "KILL"})
    void killedAtAnyMomentTheNextOneSucceedsAndSweeps(String signal) throws Exception {
        long seed = Long.getLong("jrun.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 5; round++) {
            Command.Running running =
                    shared(Jrun.as(Account.USER)).interruptible().start();
            Thread.sleep(random.nextInt(2500));
            running.signal(signal);
            Command.Result result = running.await(LIMIT);
            for (String name : names()) {
                if (!name.startsWith(".") && !Files.isSymbolicLink(folder.resolve(name))) {
                    assertEquals(
                            expected,
                            FakeRegistry.digest(Files.readAllBytes(folder.resolve(name))),
                            "seed " + seed + ": " + result);
                    Files.delete(folder.resolve(name));
                }
            }
            if (!signal.equals("KILL")) {
                assertFalse(exists(".part"), "seed " + seed + ": " + names() + result);
                assertFalse(exists(".lease"), "seed " + seed + ": " + names() + result);
            }
        }

        assertOneImage(shared(Jrun.as(Account.USER)).run());
    }

    /** Each call by which a name comes, changes or goes in the shared directory, and each sync. */
    private static final Pattern STAGE = Pattern.compile("^(?:\\d+ +)?(link|rename|unlink|symlink|fsync)(?:at2?)?\\(");

    private static final String STAGES =
            "link,linkat,rename,renameat,renameat2,unlink,unlinkat,symlink,symlinkat,fsync";

    /**
     * The producer dies in each of them: before the lease has its name, while the tables are written, synced but not named,
     * named with the lease still there, before the name for people. Calls are counted by
     * thread, and which thread makes one may change: then a producer lives, and the others count.
     */
    @Test
    @NeedsStrace
    void whereverTheProducerDiesTheNextOneMakesTheSameFile() throws IOException {
        List<String> stages = stages();
        int killed = 0;
        for (String stage : stages) {
            String[] nameAndNumber = stage.split(" ", -1);
            Command.Result dead = traced(
                            Path.of("/dev/null"),
                            "-e",
                            "trace=" + nameAndNumber[0],
                            "-e",
                            "inject=" + nameAndNumber[0] + ":signal=KILL:when=" + nameAndNumber[1])
                    .run();
            killed += dead.status() == 137 ? 1 : 0;
            assertOneImage(shared(Jrun.as(Account.USER)).run());
            for (String name : names()) {
                Files.delete(folder.resolve(name));
            }
        }
        assertTrue(killed >= 4, "killed in " + killed + " of " + stages);
    }

    private Command traced(Path output, String... options) {
        List<String> words = new ArrayList<>(List.of("/usr/bin/strace", "-f", "--seccomp-bpf", "-qq"));
        words.addAll(List.of("-o", output.toString()));
        words.addAll(List.of(options));
        return shared(Jrun.as(Account.USER)).behind(words.toArray(String[]::new));
    }

    private List<String> stages() throws IOException {
        Path trace = Workbench.newFolder("trace", Account.USER).resolve("trace");
        traced(trace, "-e", "trace=" + STAGES).run().orFail();
        Set<String> stages = new LinkedHashSet<>();
        Map<String, Integer> seen = new HashMap<>();
        for (String line : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
            Matcher call = STAGE.matcher(line);
            if (call.find()) {
                String name = line.substring(call.start(1), line.indexOf('('));
                int number = seen.merge(line.split(" ", 2)[0] + name, 1, Integer::sum);
                if (line.contains(folder.toString()) || name.equals("fsync")) {
                    stages.add(name + " " + number);
                }
            }
        }
        for (String name : names()) {
            Files.delete(folder.resolve(name));
        }
        return List.copyOf(stages);
    }

    @Test
    void whatFailsForAllFailsForAllAtOnce() throws Exception {
        CountDownLatch waited = new CountDownLatch(1);
        AtomicInteger requests = new AtomicInteger();
        registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
            requests.incrementAndGet();
            try {
                waited.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            byte[] altered = body.clone();
            altered[altered.length / 2] ^= 1;
            FakeRegistry.reply(exchange, 200, altered);
        });
        Command.Running producer = shared(Jrun.as(Account.USER)).start();
        awaitCondition(() -> requests.get() == 1);
        Command.Running waiter = shared(Jrun.as(Account.USER)).start();
        awaitCondition(() -> talk(waiter).contains("waiting for process"));
        waited.countDown();

        Command.Result first = producer.await(LIMIT);
        Command.Result second = waiter.await(LIMIT);

        assertAll(
                () -> assertEquals(5, first.status(), first::toString),
                () -> assertEquals(5, second.status(), second::toString),
                () -> assertTrue(second.talk().contains("found"), second::toString));
    }

    @Test
    void tooLittleRoomIsToldBeforeAnythingIsFetched() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
            requests.incrementAndGet();
            FakeRegistry.reply(exchange, 200, body);
        });
        Jrun jrun = Jrun.as(Account.USER);
        Path small = Workbench.newFolder("small", Account.USER);

        Command.Result result = Command.of(
                        "unshare",
                        "-Urm",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o size=2m none " + small + " && exec \"$@\"",
                        "sh",
                        Workbench.launcher().toString(),
                        "import",
                        "-o",
                        small + "/x.sqsh",
                        registry.reference())
                .as(Account.USER)
                .with("HOME", jrun.home().toString())
                .run();

        assertAll(
                () -> assertEquals(8, result.status(), result::toString),
                () -> assertTrue(result.talk().contains("expected: "), result::toString),
                () -> assertTrue(result.talk().contains("bytes free"), result::toString),
                () -> assertEquals(0, requests.get(), "requests for the layer"));
    }
}

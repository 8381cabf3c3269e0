package io.jrun.image.share;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.blob.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes in one process: each an identity whose scope is its own. */
class SharedImagesTest {

    private static final SharedKey KEY = SharedKey.of(Map.of("manifest", "sha256:00"), "sqsh");
    private static final byte[] CONTENT = "the same bytes whoever writes them".getBytes(StandardCharsets.UTF_8);
    private static final Pace PACE = new Pace(Duration.ofMillis(20), Duration.ofMillis(20), Duration.ofMillis(400));
    private static final long NO_SUCH_PROCESS = 0x7fff_fff0L;

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> heard = new ArrayList<>();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private final class Ear implements ShareListener {
        @Override
        public void waiting(String host, long pid, ProducerProgress progress) {
            hear("waiting for " + host + " " + progress.doing() + " " + progress.doneInBytes());
        }

        @Override
        public void producing() {
            hear("producing");
        }

        @Override
        public void producerLost(String host, long pid, String why) {
            hear("lost " + host + " because " + why);
        }
    }

    private void hear(String what) {
        synchronized (heard) {
            heard.add(what);
        }
    }

    private boolean heardOf(String part) {
        synchronized (heard) {
            return heard.stream().anyMatch(what -> what.contains(part));
        }
    }

    private static Identity node(String scope) {
        Owner self = Owner.thisProcess();
        return new Identity(new Owner(scope, self.pid(), self.startTime()), scope);
    }

    private SharedImages on(String node) {
        return SharedImages.in(directory, node(node), PACE);
    }

    private static void write(Path file) throws IOException {
        Files.write(file, CONTENT);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void assertOnlyTheImage() throws IOException {
        assertEquals(List.of(KEY.fileName()), names());
        assertArrayEquals(CONTENT, Files.readAllBytes(directory.resolve(KEY.fileName())));
    }

    private static void awaitCondition(Callable<Boolean> condition) throws Exception {
        for (int i = 0; i < 3000 && !condition.call(); i++) {
            Thread.sleep(10);
        }
        assertTrue(condition.call(), "did not come to pass");
    }

    /** A lease as a dead or paused producer leaves it: nobody renews it. */
    private Lease abandonedLease(Identity holder) throws IOException {
        Leases leases = new Leases(new SharedFiles(directory), KEY, holder);
        return leases.acquire(leases.current()).orElseThrow();
    }

    @Test
    void sixtyFourOnFourNodesDoTheWorkOnce() throws Exception {
        AtomicInteger productions = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Path>> all = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            SharedImages images = on("node" + i % 4);
            all.add(threads.submit(() -> {
                start.await();
                return images.obtain(
                        KEY,
                        file -> {
                            productions.incrementAndGet();
                            write(file);
                        },
                        new Ear());
            }));
        }
        start.countDown();
        for (Future<Path> each : all) {
            assertEquals(directory.resolve(KEY.fileName()), each.get());
        }

        assertEquals(1, productions.get());
        assertOnlyTheImage();
    }

    @Test
    void theHitNeedsNoWritableDirectory() throws Exception {
        on("a").obtain(KEY, SharedImagesTest::write, new Ear());
        List<String> before = names();

        Path found = on("b").obtain(
                        KEY,
                        file -> {
                            throw new AssertionError("made again");
                        },
                        new Ear());

        assertEquals(directory.resolve(KEY.fileName()), found);
        assertEquals(before, names());
    }

    @Test
    void whoWaitsSeesTheProducersProgress() throws Exception {
        SharedImages producer = on("a");
        CountDownLatch seen = new CountDownLatch(1);
        Future<Path> made = threads.submit(() -> producer.obtain(
                KEY,
                file -> {
                    producer.report(new ProducerProgress("converting", 5, 10));
                    await(seen);
                    write(file);
                },
                new Ear()));
        awaitCondition(() -> heardOf("producing"));
        Future<Path> waited = threads.submit(() -> on("b").obtain(KEY, SharedImagesTest::write, new Ear()));

        awaitCondition(() -> heardOf("waiting for a converting 5"));
        seen.countDown();

        assertEquals(made.get(), waited.get());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aDeadProducerOfTheSameNodeIsNoticedAtOnce() throws Exception {
        Pace patient = new Pace(PACE.poll(), PACE.beat(), Duration.ofHours(1));
        abandonedLease(new Identity(new Owner("a", NO_SUCH_PROCESS, 1), "a"));
        Files.writeString(new SharedFiles(directory).newPart(KEY, new Owner("a", NO_SUCH_PROCESS, 1)), "half");

        SharedImages.in(directory, node("a"), patient).obtain(KEY, SharedImagesTest::write, new Ear());

        assertOnlyTheImage();
    }

    @Test
    void aSilentProducerOfAnotherNodeIsTakenOverByExactlyOne() throws Exception {
        abandonedLease(node("gone"));
        AtomicInteger productions = new AtomicInteger();
        List<Future<Path>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            SharedImages images = on("node" + i % 4);
            all.add(threads.submit(() -> images.obtain(
                    KEY,
                    file -> {
                        productions.incrementAndGet();
                        write(file);
                    },
                    new Ear())));
        }
        for (Future<Path> each : all) {
            each.get();
        }

        assertEquals(1, productions.get());
        assertTrue(heardOf("lost gone"));
        assertOnlyTheImage();
    }

    @Test
    void aLivingProducerIsNeverTakenOverHoweverLongItTakes() throws Exception {
        SharedImages producer = on("a");
        CountDownLatch finish = new CountDownLatch(1);
        Future<Path> made = threads.submit(() -> producer.obtain(
                KEY,
                file -> {
                    await(finish);
                    write(file);
                },
                new Ear()));
        awaitCondition(() -> heardOf("producing"));
        Watch watch = new Watch(node("b"), PACE);
        Leases leases = new Leases(new SharedFiles(directory), KEY, node("b"));

        Optional<Leases.Seen> first = leases.current();
        awaitCondition(() -> !leases.current().equals(first));
        watch.look(first.orElseThrow(), 0);
        watch.look(leases.current().orElseThrow(), PACE.silence().toNanos() * 2);

        assertEquals(Optional.empty(), watch.reasonToTakeOver());
        finish.countDown();
        made.get();
    }

    @Test
    void aProducerThatWasOnlyPausedDoesNoHarmWhenItGoesOn() throws Exception {
        SharedImages paused =
                SharedImages.in(directory, node("slow"), new Pace(PACE.poll(), Duration.ofHours(1), PACE.silence()));
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch writing = new CountDownLatch(1);
        Future<Path> late = threads.submit(() -> paused.obtain(
                KEY,
                file -> {
                    Files.writeString(file, "half");
                    writing.countDown();
                    await(goOn);
                    write(file);
                },
                new Ear()));
        writing.await();
        awaitCondition(() -> heardOf("producing"));

        Path taken = on("b").obtain(KEY, SharedImagesTest::write, new Ear());
        goOn.countDown();

        assertEquals(taken, late.get());
        assertOnlyTheImage();
    }

    @Test
    void aPausedProducerWhoseFileIsGoneWaitsForTheOneThatTookOver() throws Exception {
        SharedImages paused =
                SharedImages.in(directory, node("slow"), new Pace(PACE.poll(), Duration.ofHours(1), PACE.silence()));
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        Future<Path> late = threads.submit(() -> paused.obtain(
                KEY,
                file -> {
                    write(file);
                    hear("paused");
                    await(goOn);
                },
                new Ear()));
        awaitCondition(() -> heardOf("paused"));
        Future<Path> taken = threads.submit(() -> on("b").obtain(
                        KEY,
                        file -> {
                            hear("taken over");
                            await(finish);
                            write(file);
                        },
                        new Ear()));
        awaitCondition(() -> heardOf("taken over"));

        goOn.countDown();
        awaitCondition(() -> heardOf("waiting for b"));
        finish.countDown();

        assertEquals(taken.get(), late.get());
        assertOnlyTheImage();
    }

    @Test
    void whoJudgedADeadLeaseThatIsGoneMeanwhileDoesNotHold() throws Exception {
        Leases waiter = new Leases(new SharedFiles(directory), KEY, node("a"));
        Lease dead = abandonedLease(node("gone"));
        Optional<Leases.Seen> seen = waiter.current();
        dead.release();

        assertEquals(Optional.empty(), waiter.acquire(seen));
        assertEquals(List.of(), names());
    }

    @Test
    void aRenewedLeaseIsNotTakenOver() throws Exception {
        Leases waiter = new Leases(new SharedFiles(directory), KEY, node("a"));
        Lease paused = abandonedLease(node("slow"));
        Optional<Leases.Seen> seen = waiter.current();
        paused.startBeating(Duration.ofHours(1));
        awaitCondition(() -> !waiter.current().equals(seen));

        assertEquals(Optional.empty(), waiter.acquire(seen));
    }

    @Test
    void aLateProducerLeavesALeaseOfTheSameNumberAlone() throws Exception {
        Lease old = abandonedLease(node("slow"));
        Files.delete(new SharedFiles(directory).lease(KEY, 1));
        abandonedLease(node("b"));
        Leases leases = new Leases(new SharedFiles(directory), KEY, node("c"));
        Optional<Leases.Seen> before = leases.current();

        old.fail(new PassedFailure(PassedFailure.Kind.CORRUPT, "a", "b", Optional.empty()));
        old.release();

        assertEquals(before, leases.current());
    }

    @Test
    void whatFailsForAllIsToldToAllWhoWait() throws Exception {
        SharedImages producer = on("a");
        CountDownLatch fail = new CountDownLatch(1);
        Future<Path> failing = threads.submit(() -> producer.obtain(
                KEY,
                file -> {
                    await(fail);
                    throw new NotFoundException(Failure.of("import lab/solver", "no such layer"));
                },
                new Ear()));
        awaitCondition(() -> heardOf("producing"));
        Future<Path> waiting = threads.submit(() -> on("b").obtain(KEY, SharedImagesTest::write, new Ear()));
        awaitCondition(() -> heardOf("waiting for a"));
        fail.countDown();

        assertThrows(Exception.class, failing::get);
        Exception told = assertThrows(Exception.class, waiting::get);

        assertTrue(told.getCause() instanceof NotFoundException, told::toString);
        assertTrue(told.getMessage().contains("no such layer, as a found"), told::getMessage);
    }

    @Test
    void theNextOneTriesAgainAfterAFailure() throws Exception {
        assertThrows(NotFoundException.class, () -> on("a").obtain(
                        KEY,
                        file -> {
                            throw new NotFoundException(Failure.of("import lab/solver", "no such layer"));
                        },
                        new Ear()));

        on("b").obtain(KEY, SharedImagesTest::write, new Ear());

        assertOnlyTheImage();
    }

    @Test
    void aFullDiskOfOneNodeLetsTheNextOneTry() throws Exception {
        SharedImages producer = on("a");
        CountDownLatch fail = new CountDownLatch(1);
        Future<Path> failing = threads.submit(() -> producer.obtain(
                KEY,
                file -> {
                    await(fail);
                    throw new StorageException(Failure.of("write", "no room (ENOSPC)"));
                },
                new Ear()));
        awaitCondition(() -> heardOf("producing"));
        Future<Path> waiting = threads.submit(() -> on("b").obtain(KEY, SharedImagesTest::write, new Ear()));
        awaitCondition(() -> heardOf("waiting for a"));
        fail.countDown();

        assertThrows(Exception.class, failing::get);
        waiting.get();

        assertOnlyTheImage();
    }

    @Test
    void anUnreadableLeaseIsJudgedByItsSilence() throws Exception {
        Files.writeString(new SharedFiles(directory).lease(KEY, 1), "{\"owner\":");

        on("a").obtain(KEY, SharedImagesTest::write, new Ear());

        assertOnlyTheImage();
    }

    @Test
    void aWaiterThatWasPausedItselfDoesNotTakeThatForSilence() throws Exception {
        abandonedLease(node("other"));
        Leases.Seen seen =
                new Leases(new SharedFiles(directory), KEY, node("a")).current().orElseThrow();
        Watch watch = new Watch(node("a"), PACE);

        watch.look(seen, 0);
        watch.look(seen, Duration.ofHours(3).toNanos());

        assertEquals(Optional.empty(), watch.reasonToTakeOver());
    }

    @Test
    void oldLeftoversOfOtherKeysAreSweptAndYoungOnesLeft() throws Exception {
        SharedKey other = SharedKey.of(Map.of("manifest", "sha256:11"), "sqsh");
        SharedFiles files = new SharedFiles(directory);
        Path old = Files.writeString(files.newPart(other, new Owner("gone", 1, 1)), "x");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        Path young = Files.writeString(files.newPart(other, new Owner("gone", 1, 1)), "x");
        Path dead = Files.writeString(files.newPart(other, new Owner("a", NO_SUCH_PROCESS, 1)), "x");

        on("a").obtain(KEY, SharedImagesTest::write, new Ear());

        assertAll(
                () -> assertFalse(Files.exists(old), "old"),
                () -> assertTrue(Files.exists(young), "young"),
                () -> assertFalse(Files.exists(dead), "of a dead process"));
    }

    @Test
    void aRequestIsRememberedAndANameLeadsToTheNewestFile() throws Exception {
        SharedImages images = on("a");
        SharedKey request = SharedKey.of(Map.of("request", "sha256:22"), "sqsh");
        Path image = images.obtain(KEY, SharedImagesTest::write, new Ear());

        images.remember(request, image);
        images.name("lab+solver.sqsh", image);

        assertEquals(Optional.of(image.toRealPath()), images.recall(request));
        assertEquals(image.getFileName(), Files.readSymbolicLink(directory.resolve("lab+solver.sqsh")));
        Files.delete(image);
        assertEquals(Optional.empty(), images.recall(request));
    }

    @Test
    void aNameThatIsAFileIsLeftAlone() throws Exception {
        SharedImages images = on("a");
        Path image = images.obtain(KEY, SharedImagesTest::write, new Ear());
        Path mine = Files.writeString(directory.resolve("mine.sqsh"), "mine");

        images.name("mine.sqsh", image);

        assertEquals("mine", Files.readString(mine));
    }

    @Test
    void aMissingDirectoryIsNamed() {
        SharedImages images = SharedImages.in(directory.resolve("none"), node("a"), PACE);

        NotFoundException e =
                assertThrows(NotFoundException.class, () -> images.obtain(KEY, SharedImagesTest::write, new Ear()));

        assertTrue(e.getMessage().contains("mkdir -p "), e.getMessage());
    }
}

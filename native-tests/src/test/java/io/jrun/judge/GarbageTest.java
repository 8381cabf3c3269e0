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
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** `jrun gc` against processes that were killed, and beside processes that live. */
class GarbageTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final FakeRegistry REGISTRY = FakeRegistry.of(TestImages.busybox());
    private static final Path IMAGE = JRUN.file("box.sqsh");
    private static final Path CONTAINERS = JRUN.home().resolve(".local/share/jrun/containers");
    private static final Duration SOON = Duration.ofMinutes(2);

    /** A moment may be missed because a command was too quick; then it is tried again. */
    private static final int ROUNDS = 40;

    @BeforeAll
    static void importOnce() throws IOException {
        Files.writeString(JRUN.file("no-accounts.json"), "{}");
        withoutAccounts(JRUN.command("import", "-q", "-o", IMAGE.toString(), REGISTRY.reference()))
                .run()
                .orFail();
    }

    /** Podman may have made places on this host that only root may look into. */
    private static Command withoutAccounts(Command command) {
        return command.with("REGISTRY_AUTH_FILE", JRUN.file("no-accounts.json").toString());
    }

    @AfterAll
    static void stop() {
        REGISTRY.close();
    }

    private static List<Path> children(Path directory, String part) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(entry -> entry.getFileName().toString().contains(part))
                    .toList();
        }
    }

    private static Optional<Path> awaitChild(Path directory, String part, Command.Running running) throws IOException {
        while (running.process().isAlive()) {
            List<Path> found = children(directory, part);
            if (!found.isEmpty()) {
                return Optional.of(found.get(0));
            }
            pause(1);
        }
        return Optional.empty();
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void containerOfAKilledCreateGoesWithItsClosedDirectories() throws IOException {
        Optional<Path> leftover = Optional.empty();
        for (int round = 0; round < ROUNDS && leftover.isEmpty(); round++) {
            Command.Running create = JRUN.command("create", "-n", "killed" + round, IMAGE.toString())
                    .start();
            awaitChild(CONTAINERS, ".tmp-killed", create);
            create.signal("KILL");
            create.await(SOON);
            leftover = children(CONTAINERS, ".tmp-killed").stream().findFirst();
        }
        Path left = leftover.orElseThrow(() -> new AssertionError("no create was caught in time"));
        Command.of("mkdir", "-p", "-m", "0000", left + "/closed")
                .as(Account.USER)
                .run()
                .orFail();

        String told = JRUN.run("gc", "--dry-run").orFail().text();
        boolean kept = Files.exists(left);
        String removed = JRUN.run("gc").orFail().text();

        assertAll(
                () -> assertTrue(told.contains(left.toString()), told),
                () -> assertTrue(kept, "a dry run removes nothing"),
                () -> assertTrue(removed.contains("container  " + left), removed),
                () -> assertEquals(List.of(), children(CONTAINERS, ".t")));
    }

    @Test
    void containerThatIsBeingCreatedStays() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Command.Running create = JRUN.command("create", "-n", "slow" + round, IMAGE.toString())
                    .start();
            Optional<Path> draft = awaitChild(CONTAINERS, ".tmp-slow", create);
            create.signal("STOP");
            boolean caught = draft.isPresent() && Files.exists(draft.get());
            String removed = caught ? JRUN.run("gc").orFail().text() : "";
            create.signal("CONT");
            Command.Result ended = create.await(SOON);
            if (caught) {
                assertAll(
                        () -> assertFalse(removed.contains(".tmp-slow"), removed),
                        () -> assertEquals(0, ended.status(), ended::toString));
                return;
            }
        }
        throw new AssertionError("no create was caught in time");
    }

    /** The draft of an extraction, as old as given. */
    private static Path draft(Path bundles, String name, String age) {
        String script =
                "mkdir -p \"$1/rootfs/closed\" && : >\"$2\" && chmod 0 \"$1/rootfs/closed\" && touch -d \"$3\" \"$1\"";
        Path part = bundles.resolve(name + ".part");
        Command.of(
                        "sh",
                        "-c",
                        script,
                        "sh",
                        part.toString(),
                        bundles.resolve(name + ".lock").toString(),
                        age)
                .as(Account.USER)
                .run()
                .orFail();
        return part;
    }

    @Test
    void draftOfAKilledExtractionGoesAndThatOfALiveOneStays() throws IOException {
        Path bundles = JRUN.home().resolve(".cache/jrun/bundles");
        Path dead = draft(bundles, "a".repeat(64), "2 hours ago");
        Path live = draft(bundles, "b".repeat(64), "2 hours ago");
        Path fresh = draft(bundles, "c".repeat(64), "now");
        String lock = bundles.resolve("b".repeat(64) + ".lock").toString();
        Command.Running holder =
                Command.of("flock", lock, "sleep", "300").as(Account.USER).start();
        while (Command.of("flock", "--nonblock", lock, "true").run().status() == 0) {
            pause(10);
        }

        String removed = JRUN.run("gc").orFail().text();
        holder.signal("KILL");
        holder.await(SOON);

        assertAll(
                () -> assertTrue(removed.contains("bundle  ") && removed.contains(dead.toString()), removed),
                () -> assertFalse(Files.exists(dead), removed),
                () -> assertTrue(Files.exists(live), removed),
                () -> assertTrue(Files.exists(fresh), removed),
                () -> assertEquals(List.of(), children(bundles, ".gone")));
    }

    /** What a bundle that was started long ago has left: its tree, and where it lay. */
    private static Path tree(Path bundles, String name, Path bundle, String age) {
        Path tree = bundles.resolve(name);
        Command.of(
                        "sh",
                        "-c",
                        "mkdir -p \"$1/rootfs/closed\" && chmod 0 \"$1/rootfs/closed\" && (head -c 56 /dev/zero;"
                                + " printf %s \"$2\") >\"$1.seen\" && touch -d \"$3\" \"$1.seen\"",
                        "sh",
                        tree.toString(),
                        bundle.toString(),
                        age)
                .as(Account.USER)
                .run()
                .orFail();
        return tree;
    }

    @Test
    void imagesOfBundlesThatAreGoneGoAfterAMonth() {
        Path bundles = JRUN.home().resolve(".cache/jrun/bundles");
        Path gone = tree(bundles, "1".repeat(64), Path.of("/no/such.run"), "2 months ago");
        List<Path> kept = List.of(
                tree(bundles, "2".repeat(64), Path.of("/no/such.run"), "2 days ago"),
                tree(bundles, "3".repeat(64), IMAGE, "2 months ago"),
                tree(bundles, "4".repeat(64), Path.of("relative"), "2 months ago"));

        String removed = JRUN.run("gc").orFail().text();

        assertAll(
                () -> assertTrue(removed.contains(gone.toString()), removed),
                () -> assertFalse(Files.exists(gone), removed),
                () -> assertTrue(kept.stream().allMatch(Files::isDirectory), removed));
    }

    @Test
    void imageOfAKilledImportGoesAndThatOfALiveOneStays() throws IOException {
        Path folder = Workbench.newFolder("images", Account.USER);
        CountDownLatch never = new CountDownLatch(1);
        try (FakeRegistry silent = FakeRegistry.of(TestImages.busybox())) {
            silent.misbehaveAt("/blobs/", (exchange, body) -> {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                exchange.close();
            });
            Jrun other = Jrun.as(Account.USER);
            Command.Running running = withoutAccounts(other.command(
                            "import", "-q", "-o", folder.resolve("x.sqsh").toString(), silent.reference()))
                    .start();
            Path part = awaitChild(folder, ".jrun-part", running)
                    .orElseThrow(() -> new AssertionError(running.await(SOON).toString()));

            String beside = JRUN.command("gc", folder.toString()).run().orFail().text();
            boolean stayed = Files.exists(part);
            running.signal("KILL");
            running.await(SOON);
            String after = JRUN.command("gc").in(folder).run().orFail().text();

            assertAll(
                    () -> assertFalse(beside.contains(part.toString()), beside),
                    () -> assertTrue(stayed, "a live import keeps its file"),
                    () -> assertTrue(after.contains("output     " + part), after),
                    () -> assertFalse(Files.exists(part)));
        } finally {
            never.countDown();
        }
    }

    @Test
    @NeedsUserns
    void meetingPointGoesWithTheLastProcessThatMetThere() throws IOException {
        Path runtime = Workbench.newFolder("runtime", Account.USER);
        Command.of("chmod", "700", runtime.toString()).run().orFail();
        JRUN.run("create", "-n", "met", IMAGE.toString()).orFail();
        Command.Running running = JRUN.command("start", "--join-key", "k", "met", "sleep", "600")
                .with("XDG_RUNTIME_DIR", runtime.toString())
                .start();
        Path file = awaitChild(runtime.resolve("jrun"), "join-", running)
                .orElseThrow(() -> new AssertionError(running.await(SOON).toString()));
        while (Files.size(file) < 16) {
            pause(1);
        }
        Command gc = JRUN.command("gc").with("XDG_RUNTIME_DIR", runtime.toString());
        Command.of("touch", "-d", "5 minutes ago", file.toString()).run().orFail();

        String beside = gc.run().orFail().text();
        // What would remove it by itself.
        Command.of("pkill", "-9", "-f", Workbench.launcher() + " start --join-key k met")
                .run();
        running.signal("KILL");
        running.await(SOON);
        String after = gc.run().orFail().text();

        assertAll(
                () -> assertFalse(beside.contains(file.toString()), beside),
                () -> assertTrue(after.contains("join       " + file), after),
                () -> assertFalse(Files.exists(file)));
    }
}

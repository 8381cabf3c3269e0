package io.jrun.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two images that share all layers but the last. Judges: the registry's log for what is fetched, an import that knows of no
 * other for every byte, umoci and the kernel for the tree.
 */
@Aside
@NeedsRegistry
@NeedsUmoci
@NeedsRoot
class ReuseTest {

    private static final String REPOSITORY = "reuse/app";

    private static String one = "";
    private static String two = "";
    private static String expected = "";
    private static List<String> newBlobs = List.of();
    private static Path layout = Path.of("/");
    private static long importMillis;

    @BeforeAll
    static void buildBoth() throws IOException {
        Path folder = Workbench.newFolder("reuse", Account.ROOT);
        layout = folder.resolve("layout");
        Command.of("cp", "-r", Images.layout("lean").toString(), layout.toString())
                .run()
                .orFail();
        Path bundle = folder.resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":lean", bundle.toString())
                .run()
                .orFail();
        addLayer(bundle, "one");
        addLayer(bundle, "two");
        Workbench.remove(bundle);
        one = Registry.open().push(layout, "one", REPOSITORY);
        two = Registry.open().push(layout, "two", REPOSITORY);
        newBlobs = Stream.of(".config.digest", ".layers[-1].digest")
                .map(member -> Command.of("jq", "-r", member, manifest("two"))
                        .run()
                        .orFail()
                        .text())
                .sorted()
                .toList();
        Jrun fresh = Jrun.as(Account.USER);
        long begin = System.nanoTime();
        expected = importDigest(fresh, "--no-reuse", two);
        importMillis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
    }

    /** A program of this version, and what both have. */
    private static void addLayer(Path bundle, String version) throws IOException {
        Path app = Files.createDirectories(bundle.resolve("rootfs/opt/app"));
        Files.writeString(app.resolve("version"), version);
        byte[] program = new byte[700_000];
        new Random(version.hashCode()).nextBytes(program);
        Files.write(app.resolve("program"), program);
        Files.writeString(app.resolve("licence"), "the same in both\n".repeat(100));
        Command.of("umoci", "repack", "--image", layout + ":" + version, bundle.toString())
                .run()
                .orFail();
    }

    private static String manifest(String tag) {
        String digest = Command.of(
                        "jq",
                        "-r",
                        ".manifests[] | select(.annotations[\"org.opencontainers.image.ref.name\"] == \"" + tag
                                + "\") | .digest",
                        layout.resolve("index.json").toString())
                .run()
                .orFail()
                .text();
        return layout.resolve("blobs/sha256")
                .resolve(digest.substring("sha256:".length()))
                .toString();
    }

    private static String importDigest(Jrun jrun, String... words) throws IOException {
        String[] all = Stream.concat(
                        Stream.of("import", "-q", "-f", "--timings", "timings", "-o", "second.sqsh"),
                        Arrays.stream(words))
                .toArray(String[]::new);
        jrun.run(all).orFail();
        return FakeRegistry.digest(Files.readAllBytes(jrun.file("second.sqsh")));
    }

    private static int layersReused(Jrun jrun) {
        return Integer.parseInt(
                Command.of("jq", "-r", ".layersReused", jrun.file("timings").toString())
                        .run()
                        .orFail()
                        .text());
    }

    /** One that has imported the first image. */
    private static Jrun withFirst() {
        Jrun jrun = Jrun.as(Account.USER);
        jrun.run("import", "-q", "-o", "first.sqsh", one).orFail();
        return jrun;
    }

    @Test
    void onlyWhatIsNewIsFetchedAndTheFileIsTheSame() throws Exception {
        Jrun jrun = withFirst();
        String repository = "reuse/counted";
        String counted = Registry.open().push(layout, "two", repository);

        String found = importDigest(jrun, counted);

        assertAll(
                () -> assertEquals(newBlobs, Registry.open().blobsFetched(repository)),
                () -> assertEquals(expected, found),
                () -> assertTrue(layersReused(jrun) > 0));
    }

    @Test
    void withoutTheBlobsOfTheFirstNothingMoreIsFetched() throws Exception {
        Jrun jrun = withFirst();
        Workbench.remove(jrun.file(".cache/jrun/blobs"));
        String repository = "reuse/pruned";
        String counted = Registry.open().push(layout, "two", repository);

        String found = importDigest(jrun, counted);

        assertEquals(newBlobs, Registry.open().blobsFetched(repository));
        assertEquals(expected, found);
    }

    @Test
    @NeedsLoop
    void theKernelShowsWhatUmociUnpacks() throws Exception {
        Jrun jrun = withFirst();
        importDigest(jrun, two);
        Path bundle = Workbench.newFolder("umoci", Account.ROOT).resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":two", bundle.toString())
                .run()
                .orFail();
        Tree unpacked = Tree.of(bundle.resolve("rootfs"), Account.ROOT);
        Workbench.remove(bundle);

        Tree mounted = Mounts.whileMounted(jrun.file("second.sqsh"), root -> Tree.of(root, Account.ROOT));

        // umoci gives directories in which it makes something the time of its run.
        List<String> differences = unpacked.map(ReuseTest::timeless)
                .differencesTo(mounted.withoutOwnFolder().map(ReuseTest::timeless));
        assertEquals("", String.join("\n", differences));
    }

    private static Tree.Entry timeless(Tree.Entry entry) {
        return entry.type().equals("d") ? entry.withoutMtime() : entry;
    }

    @Test
    void anImageFileEditedBehindItsTimeStampGivesNothingAway() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 2; round++) {
            Jrun jrun = withFirst();
            Path first = jrun.file("first.sqsh");
            FileTime time = Files.getLastModifiedTime(first);
            try (RandomAccessFile file = new RandomAccessFile(first.toFile(), "rw")) {
                long at = file.length() / 8 + random.nextInt((int) file.length() / 4);
                file.seek(at);
                file.write("other bytes than those that were written".getBytes(UTF_8));
            }
            Files.setLastModifiedTime(first, time);

            assertEquals(expected, importDigest(jrun, two), "round " + round);
        }
    }

    @Test
    void anImageFileThatIsCutOrGoneIsNotMissed() throws Exception {
        Jrun cut = withFirst();
        try (RandomAccessFile file = new RandomAccessFile(cut.file("first.sqsh").toFile(), "rw")) {
            file.setLength(file.length() / 2);
        }
        Jrun gone = withFirst();
        Files.delete(gone.file("first.sqsh"));

        assertEquals(expected, importDigest(cut, two));
        assertEquals(expected, importDigest(gone, two));
        assertEquals(0, layersReused(gone));
    }

    @Test
    void theFileThatIsReplacedServes() throws Exception {
        Jrun jrun = Jrun.as(Account.USER);
        jrun.run("import", "-q", "-o", "second.sqsh", one).orFail();

        assertEquals(expected, importDigest(jrun, two));
        assertTrue(layersReused(jrun) > 0);
    }

    @Test
    void aSharedImageServesToo() throws Exception {
        Jrun jrun = Jrun.as(Account.USER);
        Path shared = Workbench.newFolder("shared", Account.USER);
        jrun.run("import", "-q", "--shared", shared.toString(), one).orFail();

        assertEquals(expected, importDigest(jrun, two));
        assertTrue(layersReused(jrun) > 0);
    }

    @Test
    void pruningForgetsLayers() throws Exception {
        Jrun jrun = withFirst();
        String listed = jrun.run("cache", "list").orFail().text();

        jrun.run("cache", "prune", "--max-size", "0").orFail();

        assertTrue(listed.contains("layer "), () -> listed);
        assertEquals("", jrun.run("cache", "list").orFail().text());
        assertEquals(expected, importDigest(jrun, two));
        assertEquals(0, layersReused(jrun));
    }

    @Test
    void pruningWhileAnImportRunsDoesNoHarm() throws Exception {
        Jrun jrun = withFirst();
        for (int round = 0; round < 2; round++) {
            Command.Running running =
                    jrun.command("import", "-q", "-f", "-o", "second.sqsh", two).start();
            do {
                jrun.run("cache", "prune", "--max-size", "0").orFail();
            } while (running.process().isAlive());
            running.await(Duration.ofMinutes(2)).orFail();

            assertEquals(expected, FakeRegistry.digest(Files.readAllBytes(jrun.file("second.sqsh"))));
        }
    }

    @Test
    void oneThatIsKilledLeavesNothingThatHarms() throws Exception {
        long seed = Long.getLong("jrun.seed", System.nanoTime());
        Random random = new Random(seed);
        Jrun jrun = withFirst();
        for (int round = 0; round < 4; round++) {
            Command.Running running =
                    jrun.command("import", "-q", "-f", "-o", "second.sqsh", two).start();
            Thread.sleep(random.nextLong(Math.max(1, importMillis)));
            running.signal("KILL");
            running.await(Duration.ofMinutes(2));
        }

        assertEquals(expected, importDigest(jrun, two), "seed " + seed);
    }
}

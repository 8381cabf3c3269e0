package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Image files hold exactly what the layers say. The judges are umoci, which unpacks the same image as root, and the kernel,
 * which mounts the file; every entry of both is compared with all its attributes.
 */
@Aside
@NeedsRegistry
class ImportFidelityTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);
    private static final Map<String, Path> FILES = new ConcurrentHashMap<>();

    /** Time stamps that umoci took from the clock, for directories that no layer describes, are later than any of an image. */
    private static final long BUILT_AT = 1_760_000_000L;

    private static Path imported(String image, String tag) {
        return FILES.computeIfAbsent(tag, missing -> {
            Path file = JRUN.file(tag + ".sqsh");
            JRUN.run("import", "-q", "-o", file.toString(), Registry.open().reference(image, tag))
                    .orFail();
            return file;
        });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"small, small, small", "medium, medium, medium", "large, large, large-gzip"})
    @DisplayName("the tree that the kernel mounts is the tree that umoci unpacks")
    @NeedsRoot
    @NeedsUmoci
    @NeedsLoop
    void mountedTreeEqualsWhatUmociUnpacks(String image, String tag, String readableTag) {
        Tree expected = Images.unpackedByUmoci(image, readableTag);
        Tree found = Mounts.whileMounted(imported(image, tag), root -> Tree.of(root, Account.ROOT));

        List<String> differences =
                withoutClockTimes(expected).differencesTo(likewise(expected, found.withoutOwnFolder()));

        assertEquals("", String.join("\n", differences.subList(0, Math.min(40, differences.size()))));
        assertTrue(!image.equals("large") || expected.entries().size() > 50_000, "large is large enough");
    }

    /** umoci gives the time of its run to directories without an entry, and to the directory in which it made them. */
    private static boolean hasClockTime(Tree.Entry entry) {
        long mtime = Long.parseLong(entry.mtime());
        return entry.type().equals("d")
                && mtime > BUILT_AT
                && mtime <= Instant.now().getEpochSecond();
    }

    private static Tree withoutClockTimes(Tree tree) {
        return tree.map(entry -> hasClockTime(entry) ? entry.withoutMtime() : entry);
    }

    private static Tree likewise(Tree expected, Tree found) {
        return found.map(entry -> {
            Tree.Entry model = expected.entries().get(entry.path());
            return model != null && hasClockTime(model) ? entry.withoutMtime() : entry;
        });
    }

    /** The decoders of the kernel and of squashfuse differ, and so do their limits. */
    @ParameterizedTest(name = "{0} level {1}, blocks of {2}")
    @CsvSource({"zstd, 1, 1M", "gzip, 1, 4K", "gzip, 6, 1M", "lz4, 1, 4K", "lz4, 9, 1M", "xz, 0, 1M", "none, 0, 4K"})
    @DisplayName("every compressor and block size is read by kernel and squashfuse")
    @NeedsRoot
    @NeedsLoop
    @NeedsFuse
    void kernelAndSquashfuseReadEveryCompressorAndBlockSize(String compressor, String level, String blockSize) {
        Path usual = imported("lean", "lean");
        Path file = JRUN.file(compressor + level + blockSize + ".sqsh");
        List<String> words = new ArrayList<>(List.of("import", "-q", "-o", file.toString(), "--compress", compressor));
        words.addAll(List.of("--block-size", blockSize));
        if (!compressor.equals("none")) {
            words.addAll(List.of("--level", level));
        }
        words.add(Registry.open().reference("lean", "lean"));
        JRUN.run(words.toArray(String[]::new)).orFail();

        Tree expected = USUAL.computeIfAbsent(usual, ImportFidelityTest::asTheKernelReads);

        assertEquals(List.of(), expected.differencesTo(asTheKernelReads(file)), "the kernel");
        assertEquals(
                List.of(),
                withoutLinks(expected)
                        .differencesTo(withoutLinks(Mounts.whileMountedByFuse(file, ImportFidelityTest::own))),
                "squashfuse");
        Workbench.remove(file);
    }

    /** squashfuse gives every name an inode number of its own. */
    private static Tree withoutLinks(Tree tree) {
        return tree.map(Tree.Entry::withoutFirstLink);
    }

    private static final Map<Path, Tree> USUAL = new ConcurrentHashMap<>();

    private static Tree asTheKernelReads(Path file) {
        return Mounts.whileMounted(file, ImportFidelityTest::own);
    }

    private static Tree own(Path root) {
        return Tree.of(root, Account.ROOT).withoutOwnFolder();
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "medium", "large"})
    @NeedsSquashfsTools
    @NeedsRoot
    void unsquashfsReadsEveryFileWithoutComplaint(String image) {
        Path target = Workbench.newFolder("unsquashed", Account.ROOT).resolve("tree");

        Command.Result result = Command.of(
                        "unsquashfs",
                        "-no-progress",
                        "-d",
                        target.toString(),
                        imported(image, image).toString())
                .run();

        String talk = result.talk();
        Workbench.remove(target);
        assertEquals(0, result.status(), result::toString);
        assertEquals("", talk, "complaints of unsquashfs");
    }

    @Test
    @NeedsSquashfsTools
    void superblockSaysZstdAndUsualBlockSize() {
        String superblock = Command.of(
                        "unsquashfs", "-s", imported("small", "small").toString())
                .run()
                .orFail()
                .text();

        assertTrue(
                superblock.contains("Compression zstd") && superblock.contains("Block size 131072"), () -> superblock);
    }

    @Test
    @NeedsRoot
    @NeedsLoop
    void configAndManifestLieInTheImageAsTheyCame() {
        Path layout = Images.layout("medium");
        String manifest = Command.of("jq", "-r", ".manifests[0].digest", layout + "/index.json")
                .run()
                .orFail()
                .text();

        List<String> own = Mounts.whileMounted(
                imported("medium", "medium"), root -> Tree.of(root, Account.ROOT).entries().values().stream()
                        .filter(entry -> entry.path().startsWith("./.jrun/"))
                        .map(Tree.Entry::content)
                        .collect(Collectors.toList()));

        assertTrue(
                own.contains(manifest.substring("sha256:".length())),
                () -> "no file below /.jrun has the digest of the manifest, " + manifest + ": " + own);
    }
}

package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SquashfsImageTest {

    @TempDir
    Path directory;

    private Path write(SquashfsOptions options, int names) throws IOException {
        Path image = directory.resolve("image.sqsh");
        try (SquashfsWriter writer = new SquashfsWriter(image, options)) {
            writer.finish(SampleTree.create(writer, options.blockSizeInBytes(), names));
        }
        return image;
    }

    @ParameterizedTest
    @CsvSource({
        "ZSTD,131072,300",
        "ZSTD,4096,20000",
        "GZIP,131072,300",
        "NONE,131072,300",
        "NONE,4096,3000",
        "LZ4,131072,300",
        "LZ4,4096,3000",
        "LZ4,1048576,30",
        "XZ,131072,300",
        "XZ,4096,300"
    })
    void treeComesBackAsItWasWritten(Compression compression, int blockSize, int names) throws IOException {
        FileTree written = SampleTree.create(new RememberingStore(), blockSize, names);
        Path path = write(SquashfsOptions.of(compression).withBlockSize(blockSize), names);

        try (SquashfsImage image = SquashfsImage.open(path)) {
            FileTree read = image.readTree();
            assertEquals(TreeListing.of(written), TreeListing.of(read));
            assertEquals(TreeListing.hashes(written), TreeListing.hashes(read));
        }
    }

    @Test
    void factsAreThoseOfTheOptions() throws IOException {
        SquashfsOptions options =
                SquashfsOptions.of(Compression.GZIP).withBlockSize(65_536).withModificationSeconds(1_600_000_000L);
        try (SquashfsImage image = SquashfsImage.open(write(options, 3))) {
            SquashfsImage.Facts facts = image.facts();
            assertEquals(Compression.GZIP, facts.compression());
            assertEquals(65_536, facts.blockSizeInBytes());
            assertEquals(1_600_000_000L, facts.modificationSeconds());
            assertTrue(facts.hasXattrs());
        }
    }

    @Test
    void lookupFindsOneFileOfManyAndFollowsNoLink() throws IOException {
        try (SquashfsImage image = SquashfsImage.open(write(SquashfsOptions.of(Compression.ZSTD), 70_000))) {
            assertTrue(image.lookup("/many/069999-" + "n".repeat(69_999 % 60)).isPresent());
            assertTrue(image.lookup("/").orElseThrow() instanceof FileNode.Directory);
            assertFalse(image.lookup("/many/069999").isPresent());
            assertFalse(image.lookup("/link/x").isPresent());
            assertFalse(image.lookup("/etc/../etc/hosts").isPresent());
        }
    }

    @Test
    void otherFilesAreNoImages() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "x".repeat(5000));
        assertFalse(SquashfsImage.isSquashfs(text));
        assertTrue(SquashfsImage.isSquashfs(write(SquashfsOptions.of(Compression.NONE), 1)));
        assertThrows(CorruptDataException.class, () -> SquashfsImage.open(text));
        assertThrows(NotFoundException.class, () -> SquashfsImage.open(directory.resolve("none")));
    }

    @Test
    void anotherVersionOfTheFormatIsNamed() throws IOException {
        Path path = write(SquashfsOptions.of(Compression.NONE), 1);
        byte[] bytes = Files.readAllBytes(path);
        bytes[28] = 3;
        Files.write(path, bytes);
        HostUnsupportedException e = assertThrows(HostUnsupportedException.class, () -> SquashfsImage.open(path));
        assertTrue(e.getMessage().contains("3.0"), e.getMessage());
    }

    /** Every compressor with every block size, and each of the switches that change what is stored. */
    static List<String> waysOfMksquashfs() {
        List<String> ways = new ArrayList<>();
        for (String compressor : List.of("gzip", "lzma", "lzo", "lz4", "xz", "zstd")) {
            for (int blockSize = 4096; blockSize <= 1 << 20; blockSize *= 2) {
                ways.add("-comp " + compressor + " -b " + blockSize);
            }
        }
        ways.addAll(List.of(
                "-comp zstd -b 1M -tailends",
                "-comp gzip -no-fragments",
                "-comp zstd -noI -noD -noF -noX",
                "-comp lz4 -Xhc",
                "-comp xz -Xbcj x86,arm,armthumb,powerpc,sparc,ia64",
                "-comp xz -Xdict-size 8K -b 64K",
                "-comp lzo -Xalgorithm lzo1x_1_15",
                "-comp gzip -Xstrategy filtered,huffman_only,run_length_encoded,fixed"));
        return ways;
    }

    @NeedsSquashfsTools
    @ParameterizedTest
    @MethodSource("waysOfMksquashfs")
    void imagesOfMksquashfsAreRead(String options) throws Exception {
        assumeTrue(Commands.isBuiltInto("mksquashfs", options.split(" ", -1)[1]), "this mksquashfs lacks it");
        Path source = Files.createDirectory(directory.resolve("source"));
        Random random = new Random(5);
        for (int i = 0; i < 60; i++) {
            byte[] bytes = new byte[random.nextInt(i % 20 == 0 ? 400_000 : 3_000)];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) random.nextInt(1 + i);
            }
            Path parent = Files.createDirectories(source.resolve("d" + i % 7));
            Files.write(parent.resolve("f" + i), bytes);
        }
        Path path = directory.resolve("theirs.sqsh");
        String command = "mksquashfs " + source + " " + path + " -noappend -quiet -no-progress " + options;
        Commands.run(command.split(" ", -1));

        FileTree expected = HostTree.read(source, new RememberingStore());
        try (SquashfsImage image = SquashfsImage.open(path)) {
            FileTree read = image.readTree();
            assertEquals(TreeListing.of(expected), TreeListing.of(read));
            assertEquals(TreeListing.hashes(expected), TreeListing.hashes(read));
        }
    }

    @NeedsSquashfsTools
    @ParameterizedTest
    @ValueSource(strings = {"ZSTD", "GZIP", "NONE", "LZ4", "XZ"})
    void unsquashfsListsWhatWasWritten(String compression) throws Exception {
        Path path = write(SquashfsOptions.of(Compression.valueOf(compression)), 1000);
        FileTree tree = SampleTree.create(new RememberingStore(), SampleTree.BLOCK, 1000);

        String listing = Commands.run("unsquashfs", "-lln", "-UTC", "-d", "", path.toString());

        long names = listing.lines()
                .filter(line -> line.matches("[-dlbcps][-rwxsStT]{9} .*"))
                .count();
        assertEquals(TreeListing.of(tree).size(), names);
        assertTrue(listing.contains("-rwsr-xr-x 1000/100"), listing.substring(0, 500));
        assertTrue(listing.contains("  1,  3 "), listing.substring(0, 2000));
    }

    @NeedsSquashfsTools
    @ParameterizedTest
    @CsvSource({
        "ZSTD,3,4096",
        "GZIP,9,131072",
        "NONE,0,8192",
        "LZ4,1,4096",
        "LZ4,1,1048576",
        "LZ4,5,65536",
        "LZ4,9,131072",
        "XZ,6,4096",
        "XZ,0,1048576",
        "XZ,9,131072"
    })
    void unsquashfsExtractsWhatWasWritten(Compression compression, int level, int blockSize) throws Exception {
        Path path = write(SquashfsOptions.of(compression).withLevel(level).withBlockSize(blockSize), 300);
        FileTree written = SampleTree.create(new RememberingStore(), blockSize, 300);
        Path target = directory.resolve("theirs");

        Commands.run(
                "unsquashfs",
                "-q",
                "-n",
                "-no-xattrs",
                "-d",
                target.toString(),
                path.toString(),
                "bin",
                "etc",
                "data",
                "many",
                "link");

        Map<String, String> expected = TreeListing.hashes(written);
        expected.keySet().removeIf(name -> name.startsWith("/names") || name.matches("/(past|future)"));
        assertEquals(expected, TreeListing.hashes(HostTree.read(target, new RememberingStore())));
    }

    private static Map<String, String> readAll(Path path) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(path)) {
            FileTree tree = image.readTree();
            Map<String, String> all = TreeListing.of(tree);
            all.putAll(TreeListing.hashes(tree));
            return all;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ZSTD", "GZIP", "NONE", "LZ4", "XZ"})
    void flippedBitsGiveACorruptImageOrAnotherTreeButNoOtherFailure(String compression) throws IOException {
        SquashfsOptions options =
                SquashfsOptions.of(Compression.valueOf(compression)).withBlockSize(4096);
        byte[] whole = Files.readAllBytes(write(options, 30));
        int used = (int) LittleEndian.i64(whole, 40);
        int tables = (int) LittleEndian.i64(whole, 64);
        long seed = 42;
        Random random = new Random(seed);
        Path damaged = directory.resolve("damaged");
        int corrupt = 0;
        for (int round = 0; round < 500; round++) {
            byte[] bytes = whole.clone();
            // Most damage goes where it matters: superblock and tables.
            int at =
                    switch (round % 4) {
                        case 0 -> random.nextInt(96);
                        case 1 -> random.nextInt(used);
                        default -> tables + random.nextInt(used - tables);
                    };
            bytes[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, bytes);
            String where = "seed " + seed + " round " + round + " offset " + at;
            try {
                assertNotNull(readAll(damaged), where);
            } catch (CorruptDataException | HostUnsupportedException expected) {
                corrupt++;
                assertTrue(expected.getMessage().contains("cannot read"), where + expected.getMessage());
            } catch (JrunException | RuntimeException | OutOfMemoryError unexpected) {
                throw new AssertionError(where, unexpected);
            }
        }
        assertTrue(corrupt > 50, "only " + corrupt + " of 500 were found");
    }
}

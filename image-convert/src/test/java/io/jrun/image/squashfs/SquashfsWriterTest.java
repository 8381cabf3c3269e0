package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.zip.CRC32C;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SquashfsWriterTest {

    /** Made by this test with -Dgolden.update. */
    private static final Path GOLDEN = Path.of("src/test/resources/golden/squashfs.properties");

    @TempDir
    Path directory;

    private Path write(SquashfsOptions options, int names) throws IOException {
        Path image = directory.resolve("image-" + options.hashCode() + ".sqsh");
        try (SquashfsWriter writer = new SquashfsWriter(image, options)) {
            writer.finish(SampleTree.create(writer, options.blockSizeInBytes(), names));
        }
        return image;
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(CompressionPool.sha256().digest(bytes));
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"ZSTD", "GZIP", "NONE"})
    void bytesAreThoseOfTheGoldenImage(Compression compression) throws IOException {
        SquashfsOptions options = SquashfsOptions.of(compression).withThreads(3);

        String found = sha256(Files.readAllBytes(write(options, 500)));

        if (compression == Compression.GZIP) {
            String zlib = zlibFingerprint();
            update("zlib", zlib);
            assumeTrue(golden("zlib").equals(zlib), "this Java has another zlib, whose bytes may differ");
        }
        update(compression.name(), found);
        assertEquals(golden(compression.name()), found);
    }

    private static String zlibFingerprint() throws IOException {
        byte[] text = new byte[100_000];
        Random random = new Random(7);
        for (int i = 0; i < text.length; i++) {
            text[i] = (byte) ('a' + random.nextInt(4) * random.nextInt(4));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(out)) {
            deflated.write(text);
        }
        return sha256(out.toByteArray());
    }

    private static String golden(String key) throws IOException {
        Properties golden = new Properties();
        try (InputStream in = Files.newInputStream(GOLDEN)) {
            golden.load(in);
        }
        return golden.getProperty(key, "none");
    }

    private static void update(String key, String value) throws IOException {
        if (Boolean.getBoolean("golden.update")) {
            Map<String, String> lines = new java.util.TreeMap<>();
            if (Files.exists(GOLDEN)) {
                for (String line : Files.readAllLines(GOLDEN)) {
                    if (!line.startsWith("#")) {
                        lines.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
                    }
                }
            }
            lines.put(key, value);
            StringBuilder text = new StringBuilder(
                    "# sha256 of SampleTree with 500 names per compression; mvn test -Dtest=SquashfsWriterTest -Dgolden.update=true\n");
            lines.forEach((k, v) -> text.append(k).append('=').append(v).append('\n'));
            Files.createDirectories(GOLDEN.getParent());
            Files.writeString(GOLDEN, text);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4096, 65_536, 1 << 20})
    void threadsDoNotChangeTheBytes(int blockSize) throws IOException {
        SquashfsOptions options = SquashfsOptions.of(Compression.ZSTD).withBlockSize(blockSize);
        byte[] one = Files.readAllBytes(write(options.withThreads(1), 2000));

        byte[] two = Files.readAllBytes(write(options.withThreads(2), 2000));
        byte[] seven = Files.readAllBytes(write(options.withThreads(7), 2000));

        assertEquals(sha256(one), sha256(two));
        assertEquals(sha256(one), sha256(seven));
    }

    @Test
    void manyFragmentsAndDuplicatesInAnyTimingGiveTheSameBytes() throws IOException {
        SquashfsOptions options = SquashfsOptions.of(Compression.ZSTD).withBlockSize(4096);

        String one = sha256(manySmallFiles(options.withThreads(1)));

        assertEquals(one, sha256(manySmallFiles(options.withThreads(5))));
    }

    private byte[] manySmallFiles(SquashfsOptions options) throws IOException {
        Path image = directory.resolve("many");
        Random random = new Random(3);
        Map<EntryName, FileNode> children = new HashMap<>();
        try (SquashfsWriter writer = new SquashfsWriter(image, options)) {
            for (int i = 0; i < 4000; i++) {
                byte[] bytes = new byte[random.nextInt(i % 10 == 0 ? 20_000 : 1500)];
                new Random(random.nextInt(2000)).nextBytes(bytes);
                FileContent content = writer.store(new ByteArrayInputStream(bytes), bytes.length);
                children.put(
                        EntryName.of("f" + i),
                        new FileNode.RegularFile(SampleTree.metadata(0644, Xattrs.NONE), content));
            }
            writer.finish(new FileTree(SampleTree.directory(SampleTree.metadata(0755, Xattrs.NONE), children)));
        }
        return Files.readAllBytes(image);
    }

    @Test
    void equalContentsAndZerosTakeNoRoom() throws IOException {
        byte[] noise = new byte[10 * SampleTree.BLOCK];
        new Random(1).nextBytes(noise);

        long once = imageSizeOf(noise);
        long thrice = imageSizeOf(noise, noise, noise);
        long withZeros = imageSizeOf(noise, new byte[50 * SampleTree.BLOCK]);

        assertTrue(thrice - once <= 4096, "three copies take " + (thrice - once) + " bytes more than one");
        assertTrue(withZeros - once <= 4096, "zeros take " + (withZeros - once) + " bytes");
    }

    private long imageSizeOf(byte[]... files) throws IOException {
        return Files.size(imageOf(SquashfsOptions.of(Compression.ZSTD), files));
    }

    /** The files have the names f0, f1 and so on. */
    private Path imageOf(SquashfsOptions options, byte[]... files) throws IOException {
        Path image = directory.resolve("files");
        Map<EntryName, FileNode> children = new HashMap<>();
        try (SquashfsWriter writer = new SquashfsWriter(image, options)) {
            for (byte[] bytes : files) {
                FileContent content = writer.store(new ByteArrayInputStream(bytes), bytes.length);
                children.put(
                        EntryName.of("f" + children.size()),
                        new FileNode.RegularFile(SampleTree.metadata(0644, Xattrs.NONE), content));
            }
            writer.finish(new FileTree(SampleTree.directory(SampleTree.metadata(0755, Xattrs.NONE), children)));
        }
        return image;
    }

    @Test
    void contentsThatAgreeInTheirChecksumsOnlyAreKeptApart() throws IOException {
        byte[] one = new byte[2 * SampleTree.BLOCK];
        new Random(1).nextBytes(one);
        byte[] other = one.clone();
        // The polynomial of CRC-32C, the lowest bit first: what it divides changes no checksum.
        long polynomial = 0x82f6_3b78L << 1 | 1;
        for (int i = 0; i < 5; i++) {
            other[1000 + i] ^= (byte) (polynomial >>> (8 * i));
        }
        assertEquals(crc32c(one), crc32c(other), "the two are of use here");

        try (SquashfsImage image =
                SquashfsImage.open(imageOf(SquashfsOptions.of(Compression.NONE), one, other, one, other))) {
            byte[][] expected = {one, other, one, other};
            for (int i = 0; i < expected.length; i++) {
                FileNode.RegularFile file =
                        (FileNode.RegularFile) image.lookup("f" + i).orElseThrow();
                try (InputStream in = ((ReadableContent) file.content()).open()) {
                    assertArrayEquals(expected[i], in.readAllBytes(), "f" + i);
                }
            }
        }
    }

    private static long crc32c(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    @Test
    void fileEndsAtAMultipleOfFourKibibytes() throws IOException {
        assertEquals(0, Files.size(write(SquashfsOptions.of(Compression.ZSTD), 10)) % 4096);
    }

    @Test
    void allRootGivesEverythingToUserAndGroupZero() throws IOException {
        SquashfsOptions options =
                SquashfsOptions.of(Compression.ZSTD).withOwnership(SquashfsOptions.OwnershipPolicy.ALL_ROOT);

        try (SquashfsImage image = SquashfsImage.open(write(options, 1))) {
            Metadata metadata = image.lookup("etc/hosts").orElseThrow().metadata();
            assertEquals("0:0", metadata.uid() + ":" + metadata.gid());
        }
    }

    @Test
    void attributesThatTheFormatCannotHoldAreCounted() throws IOException {
        Xattrs xattrs = SampleTree.xattrs("system.posix_acl_access", "x", "user.kept", "y");
        try (SquashfsWriter writer = new SquashfsWriter(directory.resolve("x"), SquashfsOptions.of(Compression.ZSTD))) {
            writer.finish(new FileTree(SampleTree.directory(SampleTree.metadata(0755, xattrs), Map.of())));
            assertEquals(1, writer.droppedXattrs());
        }
    }

    @Test
    void timesThatTheFormatCannotHoldAreCounted() throws IOException {
        Map<EntryName, FileNode> children = new HashMap<>();
        for (long mtime : new long[] {-1, 0, 0xffff_ffffL, 1L << 32}) {
            children.put(EntryName.of("f" + mtime), new FileNode.Fifo(new Metadata(0600, 0, 0, mtime, 0, Xattrs.NONE)));
        }
        Path file = directory.resolve("times");
        try (SquashfsWriter writer = new SquashfsWriter(file, SquashfsOptions.of(Compression.ZSTD))) {
            writer.finish(new FileTree(SampleTree.directory(SampleTree.metadata(0755, Xattrs.NONE), children)));
            assertEquals(2, writer.clampedTimes());
        }
        try (SquashfsImage image = SquashfsImage.open(file)) {
            assertEquals(0, image.lookup("f-1").orElseThrow().metadata().mtimeSeconds(), "the nearest that there is");
            assertEquals(
                    0xffff_ffffL,
                    image.lookup("f4294967296").orElseThrow().metadata().mtimeSeconds());
        }
    }

    @Test
    void moreIdsThanTheFormatHoldsAreRefused() throws IOException {
        Map<EntryName, FileNode> children = new HashMap<>();
        for (int i = 0; i < 65_536; i++) {
            children.put(EntryName.of("f" + i), new FileNode.Fifo(new Metadata(0600, i, i, 0, 0, Xattrs.NONE)));
        }
        FileTree tree = new FileTree(SampleTree.directory(SampleTree.metadata(0755, Xattrs.NONE), children));
        try (SquashfsWriter writer =
                new SquashfsWriter(directory.resolve("ids"), SquashfsOptions.of(Compression.ZSTD))) {
            HostUnsupportedException e = assertThrows(HostUnsupportedException.class, () -> writer.finish(tree));
            assertTrue(e.getMessage().contains("65535"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 200_000})
    void contentThatEndsEarlyIsCorruptAndTheWriterThenRefusesToGoOn(int size) throws IOException {
        try (SquashfsWriter writer =
                new SquashfsWriter(directory.resolve("short"), SquashfsOptions.of(Compression.ZSTD))) {
            InputStream tooShort = new ByteArrayInputStream(new byte[size - 1]);
            assertThrows(CorruptDataException.class, () -> writer.store(tooShort, size));
            assertThrows(IllegalStateException.class, () -> writer.store(new ByteArrayInputStream(new byte[1]), 1));
        }
    }

    @Test
    void missingDirectoryIsNotFound() {
        Path nowhere = directory.resolve("no/such/image");
        assertThrows(NotFoundException.class, () -> new SquashfsWriter(nowhere, SquashfsOptions.of(Compression.ZSTD)));
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 300_000, 2_000_000})
    void fullDiskIsAStorageFailureAndNeverAHang(int room) throws IOException {
        ImageOutput out = new ImageOutput(Path.of("full.sqsh"), new FullChannel(room));
        StorageException e = assertThrows(StorageException.class, () -> {
            try (SquashfsWriter writer = new SquashfsWriter(out, SquashfsOptions.of(Compression.NONE))) {
                for (int i = 0; i < 100; i++) {
                    byte[] bytes = new byte[i % 2 == 0 ? 1_000 : 300_000];
                    new Random(i).nextBytes(bytes);
                    writer.store(new ByteArrayInputStream(bytes), bytes.length);
                }
                writer.finish(new FileTree(SampleTree.directory(SampleTree.metadata(0755, Xattrs.NONE), Map.of())));
            }
        });
        assertTrue(e.getMessage().contains("full.sqsh"), e.getMessage());
    }
}

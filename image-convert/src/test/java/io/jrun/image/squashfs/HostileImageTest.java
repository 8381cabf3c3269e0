package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.image.browse.DiskUsage;
import io.jrun.image.browse.ImageView;
import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.browse.TreeComparison;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Image files made to do harm: each test says which. */
class HostileImageTest {

    /** Images of mksquashfs 4.5.1 with all its compressors, blocks of 4 KiB; also the seeds of the fuzzer. */
    private static final Path SEEDS = Path.of("src/test/resources/io/jrun/image/squashfs/SquashfsFuzzTestInputs/image");

    @TempDir
    Path directory;

    private static Metadata metadata() {
        return new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE);
    }

    /** {@code /first/second/}, nothing compressed. */
    private byte[] nestedDirectories() throws IOException {
        FileNode second = new FileNode.Directory(metadata(), Map.of());
        FileNode first = new FileNode.Directory(metadata(), Map.of(EntryName.of("second"), second));
        FileNode.Directory root = new FileNode.Directory(metadata(), Map.of(EntryName.of("first"), first));
        Path image = directory.resolve("nested");
        try (SquashfsWriter writer = new SquashfsWriter(image, SquashfsOptions.of(Compression.NONE))) {
            writer.finish(new FileTree(root));
        }
        return Files.readAllBytes(image);
    }

    private static int find(byte[] bytes, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (java.util.Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("no " + name + " in the image");
    }

    private Path looped(String name) throws IOException {
        byte[] bytes = nestedDirectories();
        long root = LittleEndian.i64(bytes, 32);
        assertEquals(0, root >>> 16, "all inodes lie in one metadata block");
        LittleEndian.put16(bytes, find(bytes, name) - SquashfsFormat.DIRECTORY_ENTRY_SIZE, (int) root);
        return Files.write(directory.resolve("looped-" + name), bytes);
    }

    /** Harm: a walk that never ends. */
    @Test
    void directoryInsideItselfIsRefusedByEveryWalk() throws IOException {
        for (String name : List.of("first", "second")) {
            Path path = looped(name);
            try (ImageView view = ImageView.open(path);
                    ImageView again = ImageView.open(path)) {
                PathResolver.Found root = PathResolver.find(view, new byte[0], LastLink.FOLLOW);
                for (Walk walk : new Walk[] {
                    () -> view.image().readTree(),
                    () -> DiskUsage.below(view, root, 1),
                    () -> TreeComparison.compare(view, again)
                }) {
                    CorruptDataException e = assertThrows(CorruptDataException.class, walk::run);
                    assertTrue(e.getMessage().contains("two names"), e.getMessage());
                }
            }
        }
    }

    private interface Walk {
        void run() throws IOException;
    }

    /** Harm: tables that overlap, contain themselves or lie outside make a reader loop or read elsewhere. */
    @Test
    void tablesAtImpossiblePlacesAreRefusedOrReadWithoutHarm() throws IOException {
        byte[] whole = Files.readAllBytes(SEEDS.resolve("plain-tables.sqsh"));
        long[] tables = new long[6];
        int[] fields = {48, 56, 64, 72, 80, 88};
        for (int i = 0; i < fields.length; i++) {
            tables[i] = LittleEndian.i64(whole, fields[i]);
        }
        int refused = 0;
        int tried = 0;
        for (int field : new int[] {32, 40, 48, 56, 64, 72, 80, 88}) {
            for (long base :
                    new long[] {0, 96, tables[0], tables[1], tables[2], tables[3], tables[4], Long.MAX_VALUE}) {
                for (int shift = -1; shift <= 1; shift++) {
                    byte[] bytes = whole.clone();
                    LittleEndian.put64(bytes, field, base + shift);
                    tried++;
                    refused += assertDoesNotThrow(() -> HostileImage.readEverything(bytes), "field " + field) ? 0 : 1;
                }
            }
        }
        assertTrue(refused > tried / 2, refused + " of " + tried + " were refused");
    }

    /** Harm: counts of billions make a reader reserve memory for what is not there. */
    @Test
    void countsWithoutEntriesTakeNoMemory() throws IOException {
        byte[] whole = Files.readAllBytes(SEEDS.resolve("plain-tables.sqsh"));
        for (int field : new int[] {4, 16, 26}) {
            byte[] bytes = whole.clone();
            LittleEndian.put16(bytes, field, 0xffff);
            if (field != 26) {
                LittleEndian.put16(bytes, field + 2, 0xffff);
            }
            assertDoesNotThrow(() -> HostileImage.readEverything(bytes), "field " + field);
        }
        byte[] inodes = whole.clone();
        int table = (int) LittleEndian.i64(whole, 64);
        for (int at = table + 2; at + 4 <= LittleEndian.i64(whole, 72); at += 4) {
            byte[] bytes = inodes.clone();
            LittleEndian.put32(bytes, at, 0xffff_ffffL);
            int where = at;
            assertDoesNotThrow(() -> HostileImage.readEverything(bytes), () -> "inode table at " + where);
        }
    }

    /** Harm: part of an image passes for the whole. */
    @Test
    void everyImageCutAtEachLengthIsRefused() throws IOException {
        int files = 0;
        try (Stream<Path> seeds = Files.list(SEEDS)) {
            for (Path seed : seeds.toList()) {
                files++;
                assertRefusedAtEachLength(seed);
            }
        }
        assertTrue(files >= 9, "only " + files + " images");
    }

    /** Harm: the same, where the image lies in a file of another kind, at whose end it ends. */
    @Test
    void anImageInsideAnotherFileCutAtEachLengthIsRefused() throws IOException {
        Path seed = SEEDS.resolveSibling("sif").resolve("one.sif");
        assertTrue(HostileImage.readEverything(seed), "as a whole");

        assertRefusedAtEachLength(seed, (int) Files.size(seed));
    }

    /** Harm: the same, of the files that we write. */
    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"ZSTD", "GZIP", "NONE"})
    void ourImagesCutAtEachLengthAreRefused(Compression compression) throws IOException {
        Path seed = directory.resolve("ours");
        SquashfsOptions options = SquashfsOptions.of(compression).withBlockSize(4096);
        try (SquashfsWriter writer = new SquashfsWriter(seed, options)) {
            writer.finish(SampleTree.create(writer, 4096, 5));
        }
        assertTrue(HostileImage.readEverything(seed), "as a whole");

        assertRefusedAtEachLength(seed);
    }

    private void assertRefusedAtEachLength(Path seed) throws IOException {
        assertRefusedAtEachLength(seed, (int) LittleEndian.i64(Files.readAllBytes(seed), 40));
    }

    private void assertRefusedAtEachLength(Path seed, int used) throws IOException {
        Path cut = Files.write(directory.resolve("cut"), Files.readAllBytes(seed));
        try (FileChannel channel = FileChannel.open(cut, StandardOpenOption.WRITE)) {
            for (int length = used - 1; length >= 0; length--) {
                channel.truncate(length);
                assertFalse(HostileImage.readEverything(cut), seed + " cut at " + length);
            }
        }
    }
}

package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.directory.HostDirectory;
import io.jrun.image.layer.LayerMerger;
import io.jrun.image.layer.LayerStream;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.mtree.MtreeReader;
import io.jrun.image.mtree.MtreeWriter;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.MemoryContent;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import io.jrun.image.writer.tar.TarTreeWriter;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.JnrPosixReading;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random trees through every form, read back by ours and by GNU tar. */
class FormsTest {

    @TempDir
    Path directory;

    private static byte[] tar(FileTree tree) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new TarTreeWriter(out, ContentSource.DIRECT, UnaryOperator.identity()).write(tree);
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void theTarReaderOfLayersReadsWhatWasWritten(long seed) throws IOException {
        FileTree tree = RandomTree.of(seed);
        byte[] tar = tar(tree);

        LayerMerger merger = new LayerMerger(TarTarget.MEMORY, MergeLimits.DEFAULT, LayerMerger.Whiteouts.LITERAL);
        merger.merge(stream(tar));
        FileTree read = merger.finish();

        assertEquals(TreeLines.of(tree, ContentSource.DIRECT), TreeLines.of(read, ContentSource.DIRECT));
        assertEquals(Map.of(), merger.report().notices());
        assertArrayEquals(tar, tar(RandomTree.of(seed)), "the same tree gives the same bytes");
    }

    private static LayerStream stream(byte[] tar) {
        return new LayerStream() {
            @Override
            public InputStream open() {
                return new ByteArrayInputStream(tar);
            }

            @Override
            public String name() {
                return "the tar";
            }
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26})
    void gnuTarExtractsWhatWasWritten(long seed) throws Exception {
        assumeTrue(JnrPosix.load().geteuid() == 0, "only root may make devices and give files away");
        FileTree tree = RandomTree.of(seed);
        Path file = Files.write(directory.resolve("random.tar"), tar(tree));
        Path extracted = Files.createDirectory(directory.resolve("extracted"));

        Process process = new ProcessBuilder(
                        "tar",
                        "--xattrs",
                        "--xattrs-include=*",
                        "--numeric-owner",
                        "--delay-directory-restore",
                        "-xpf",
                        file.toString(),
                        "-C",
                        extracted.toString())
                .redirectErrorStream(true)
                .start();
        String talk = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);

        assertEquals(0, process.waitFor(), talk);
        try (HostDirectory read =
                HostDirectory.open(JnrPosix.load(), JnrPosixReading.load(), ByteString.of(extracted.toString()))) {
            assertEquals(
                    TreeLines.of(tree, ContentSource.DIRECT),
                    TreeLines.of(read.readTree(10_000), ContentSource.DIRECT));
        }
        new ProcessBuilder("rm", "-rf", extracted.toString()).start().waitFor();
    }

    private static FileTree withSockets() {
        FileNode socket = new FileNode.Socket(new Metadata(0640, 5, 6, 1_000_000_000, 0, Xattrs.NONE));
        Map<EntryName, FileNode> children = new TreeMap<>();
        children.put(EntryName.of("a"), socket);
        children.put(EntryName.of("b"), socket);
        children.put(
                EntryName.of("old"),
                new FileNode.RegularFile(
                        new Metadata(0644, 0, 0, -86_400, 0, Xattrs.NONE), new MemoryContent(new byte[3])));
        return new FileTree(new FileNode.Directory(new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE), children));
    }

    @Test
    void socketsAreEmptyFilesToGnuTarAndSocketsToUs() throws Exception {
        Path file = Files.write(directory.resolve("sockets.tar"), tar(withSockets()));
        convert(tarOf(file), squashfs(), "sockets.sqsh");

        Process process = new ProcessBuilder("tar", "-C", directory.toString(), "-xvf", file.toString())
                .redirectErrorStream(true)
                .start();
        String talk = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);

        assertEquals(0, process.waitFor(), talk);
        assertEquals(0, Files.size(directory.resolve("a")), talk);
        assertEquals("Socket 416 5:6 1000000000.0", lines("sockets.sqsh").get("/a"));
        assertEquals("= /a", lines("sockets.sqsh").get("/b"));
    }

    @Test
    void whatSquashfsCannotHoldOfTimesIsTold() throws IOException {
        Path file = Files.write(directory.resolve("old.tar"), tar(withSockets()));

        ConversionResult result = convert(tarOf(file), squashfs(), "old.sqsh");

        assertEquals(
                List.of("1 time stamps lie outside of 1970 to 2106 and became the nearest there"), result.losses());
    }

    private enum Packing {
        NONE("cat"),
        GZIP("gzip"),
        BZIP2("bzip2"),
        XZ("xz"),
        ZSTD("zstd"),
        LZ4("lz4"),
        LZMA("lzma"),
        COMPRESS("compress");

        private final String program;

        Packing(String program) {
            this.program = program;
        }
    }

    @ParameterizedTest
    @EnumSource(Packing.class)
    void aTarOfAnyCompressionBecomesTheSameImageFile(Packing packing) throws Exception {
        FileTree tree = RandomTree.of(31);
        Path plain = Files.write(directory.resolve("plain"), tar(tree));
        Path packed = directory.resolve("packed");
        new ProcessBuilder(packing.program)
                .redirectInput(plain.toFile())
                .redirectOutput(packed.toFile())
                .start()
                .waitFor();

        convert(tarOf(plain), squashfs(), "one.sqsh");
        convert(tarOf(packed), squashfs(), "two.sqsh");

        assertEquals(-1, Files.mismatch(directory.resolve("one.sqsh"), directory.resolve("two.sqsh")));
    }

    private static TarInput tarOf(Path file) {
        return new TarInput(file.toString(), 0, () -> Files.newInputStream(file));
    }

    private static OutputFormat squashfs() {
        return new OutputFormat.Squashfs(Compression.ZSTD, 1, SquashfsOptions.DEFAULT_BLOCK_SIZE);
    }

    private ConversionResult convert(RootfsInput input, OutputFormat format, String output) throws IOException {
        ConversionRequest request = new ConversionRequest(
                Platform.of("linux", "amd64"),
                directory.resolve(output),
                Existing.KEEP,
                format,
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                "1.2.3");
        try (input) {
            return new ImageConverter(input, request, NOBODY).convert();
        }
    }

    private static final ConversionListener NOBODY = new ConversionListener() {
        @Override
        public void resolved(ResolvedImage image) {}

        @Override
        public void reading(String name, long sizeInBytes) {}

        @Override
        public void layerBegan(int index) {}

        @Override
        public void layersMerged() {}
    };

    @Test
    void throughTarAndBackNothingChanges() throws IOException {
        Path first = Files.write(directory.resolve("first.tar"), tar(RandomTree.of(41)));
        convert(tarOf(first), squashfs(), "a.sqsh");

        convert(
                SquashfsInput.open(directory.resolve("a.sqsh")),
                new OutputFormat.Tar(ArchiveCompression.ZSTD, 3),
                "a.tar.zst");
        convert(tarOf(directory.resolve("a.tar.zst")), squashfs(), "b.sqsh");

        assertEquals(lines("a.sqsh"), lines("b.sqsh"));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(4, left.count(), "no scratch file is left");
        }
    }

    private static OutputFormat smallBlocks(Compression compression, int level) {
        return new OutputFormat.Squashfs(compression, level, 4096);
    }

    private Path tarOfLargeFiles() throws IOException {
        Map<EntryName, FileNode> children = new TreeMap<>();
        for (int i = 0; i < 12; i++) {
            byte[] bytes = new byte[i * 3000];
            Random random = new Random(i % 10);
            for (int at = 0; at < bytes.length; at++) {
                // Of every kind: a block of zeros, some that do not shrink, the rest does.
                bytes[at] = (byte) (at < 4096 && i % 3 == 0 ? 0 : random.nextInt(i % 4 == 1 ? 256 : 20));
            }
            children.put(
                    EntryName.of("file" + i),
                    new FileNode.RegularFile(new Metadata(0644, 0, 0, 0, 0, Xattrs.NONE), new MemoryContent(bytes)));
        }
        FileTree tree = new FileTree(new FileNode.Directory(new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE), children));
        return Files.write(directory.resolve("large.tar"), tar(tree));
    }

    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"GZIP", "XZ", "LZ4", "ZSTD"})
    void filesPackedAlikeAreCopiedAndTheBytesAreThoseOfPackingThemAnew(Compression compression) throws IOException {
        Path tar = tarOfLargeFiles();
        convert(tarOf(tar), smallBlocks(compression, 2), "alike.sqsh");
        convert(tarOf(tar), smallBlocks(compression, 3), "other.sqsh");

        ConversionResult copied = convert(
                SquashfsInput.open(directory.resolve("alike.sqsh")), smallBlocks(compression, 2), "copied.sqsh");
        ConversionResult anew =
                convert(SquashfsInput.open(directory.resolve("other.sqsh")), smallBlocks(compression, 2), "anew.sqsh");

        assertEquals(List.of("10 files were copied as they are packed, each block checked"), copied.losses());
        assertEquals(List.of(), anew.losses());
        assertEquals(-1, Files.mismatch(directory.resolve("copied.sqsh"), directory.resolve("anew.sqsh")));
        assertEquals(lines("alike.sqsh"), lines("copied.sqsh"));
    }

    @Test
    void aDamagedBlockIsNotCopied() throws IOException {
        convert(tarOf(tarOfLargeFiles()), smallBlocks(Compression.ZSTD, 1), "sound.sqsh");
        byte[] bytes = Files.readAllBytes(directory.resolve("sound.sqsh"));
        // The first data block begins behind the superblock of 96 bytes and the compressor's options of 6.
        Arrays.fill(bytes, 102, 140, (byte) 0x55);
        Path damaged = Files.write(directory.resolve("damaged.sqsh"), bytes);

        assertThrows(
                CorruptDataException.class,
                () -> convert(SquashfsInput.open(damaged), smallBlocks(Compression.ZSTD, 1), "no.sqsh"));

        assertFalse(Files.exists(directory.resolve("no.sqsh")));
    }

    private Map<String, String> lines(String file) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(directory.resolve(file))) {
            return TreeLines.of(OwnFolder.without(image.readTree()), ContentSource.DIRECT);
        }
    }

    @Test
    void aDirectoryThatNobodyMadeIsNotReplaced() throws IOException {
        Path file = Files.write(directory.resolve("first.tar"), tar(RandomTree.of(42)));
        Files.writeString(Files.createDirectory(directory.resolve("mine")).resolve("letter"), "dear");

        assertThrows(UsageException.class, () -> convert(tarOf(file), new OutputFormat.Directory(), "mine"));

        assertEquals("dear", Files.readString(directory.resolve("mine/letter")));
    }

    @ParameterizedTest
    @ValueSource(longs = {51, 52, 53})
    void aDescriptionKeepsAllButContentsAndHardLinks(long seed) throws IOException {
        FileTree tree = RandomTree.of(seed);
        byte[] described = MtreeWriter.describe(tree);

        FileTree read = MtreeReader.read(described, "the description");

        assertArrayEquals(described, MtreeWriter.describe(read));
    }

    @Test
    void recordedOwnersComeBackButNotForFilesThatChanged() throws IOException {
        FileTree record = RandomTree.of(61);
        FileTree plain = Owners.withMetadata(
                record, node -> new Metadata(0755, 1000, 1000, node.metadata().mtimeSeconds(), 0, Xattrs.NONE));
        List<String> notes = new ArrayList<>();

        FileTree restored = RecordedAttributes.restore(plain, record, notes);

        assertEquals(withoutNanos(record), withoutNanos(restored));
        assertTrue(notes.get(0).contains("got their recorded owner"), notes.toString());
    }

    private static Map<String, String> withoutNanos(FileTree tree) throws IOException {
        return TreeLines.of(
                Owners.withMetadata(
                        tree,
                        node -> new Metadata(
                                node.metadata().permissions(),
                                node.metadata().uid(),
                                node.metadata().gid(),
                                node.metadata().mtimeSeconds(),
                                0,
                                node.metadata().xattrs())),
                ContentSource.DIRECT);
    }
}

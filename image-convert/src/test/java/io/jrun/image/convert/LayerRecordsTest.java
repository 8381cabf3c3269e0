package io.jrun.image.convert;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.blob.BlobStore;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two images that share two layers of three; what must never change is the second image file. */
class LayerRecordsTest {

    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private Path records;
    private Path first;
    private Path expected;

    /** Told of by a conversion. */
    private static final class Reused implements ConversionListener {

        private final List<Integer> layers = new ArrayList<>();

        @Override
        public void resolved(ResolvedImage image) {}

        @Override
        public void reading(String name, long sizeInBytes) {}

        @Override
        public void layerBegan(int index) {}

        @Override
        public void layerReused(int index) {
            layers.add(index);
        }

        @Override
        public void layersMerged() {}
    }

    private static MemoryImage image(String top) throws IOException {
        return new MemoryImage()
                .layer(files("base", 40, 900))
                .layer(files("library", 6, 4 * BLOCK + 17))
                .layer(Map.of("app/main", top.repeat(600), "base/3", top));
    }

    private static Map<String, String> files(String directory, int count, int length) {
        Map<String, String> files = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            Random letters = new Random(i);
            StringBuilder text = new StringBuilder(directory);
            while (text.length() < length) {
                text.append((char) ('a' + letters.nextInt(26)));
            }
            files.put(directory + "/" + i, text.toString());
        }
        return files;
    }

    @BeforeEach
    void importTheFirstAndWhatTheSecondShouldBe() throws IOException {
        records = directory.resolve("cache/layers");
        first = convert(image("one"), "first.sqsh", Compression.ZSTD, "1.2.3", new Reused());
        expected = plain(image("two"), "expected.sqsh");
    }

    private static ConversionRequest request(Path output, Compression compression, String version) {
        return new ConversionRequest(
                Platform.of("linux", "amd64"),
                output,
                Existing.REPLACE,
                new OutputFormat.Squashfs(compression, compression.defaultLevel(), BLOCK),
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                version);
    }

    private Path convert(
            MemoryImage source, String name, Compression compression, String version, ConversionListener listener)
            throws IOException {
        LayeredInput input = new LayeredInput(source, new LayerRecords(records, version));
        Path output = directory.resolve(name);
        new ImageConverter(input, request(output, compression, version), listener).convert();
        input.remember(output);
        return output;
    }

    private Path plain(MemoryImage source, String name) throws IOException {
        Path output = directory.resolve(name);
        new ImageConverter(new LayeredInput(source), request(output, Compression.ZSTD, "1.2.3"), new Reused())
                .convert();
        return output;
    }

    /** Imports the second image, which must come out as it should, and returns how many of its layers were read. */
    private int layersReadForTheSecond() throws IOException {
        MemoryImage second = image("two");
        Path found = convert(second, "second.sqsh", Compression.ZSTD, "1.2.3", new Reused());
        assertEquals(-1, Files.mismatch(expected, found), "the file depends on records");
        return second.opened.size();
    }

    private List<Path> recordFiles() throws IOException {
        try (Stream<Path> files = Files.list(records)) {
            return files.sorted().toList();
        }
    }

    @Test
    void onlyTheNewLayerIsFetchedAndRead() throws Exception {
        MemoryImage second = image("two");
        Reused reused = new Reused();

        Path found = convert(second, "second.sqsh", Compression.ZSTD, "1.2.3", reused);

        assertAll(
                () -> assertEquals(List.of(second.layers.get(2).digest()), second.prefetched),
                () -> assertEquals(List.of(second.layers.get(2).digest()), second.opened),
                () -> assertEquals(List.of(1, 0), reused.layers),
                () -> assertEquals(-1, Files.mismatch(expected, found)));
    }

    @Test
    void theSameImageAgainReadsNothing() throws Exception {
        MemoryImage again = image("one");

        Path found = convert(again, "again.sqsh", Compression.ZSTD, "1.2.3", new Reused());

        assertEquals(List.of(), again.opened);
        assertEquals(-1, Files.mismatch(first, found));
    }

    @Test
    void aReplacedImageFileServesTheOneThatReplacesIt() throws Exception {
        Path replaced = convert(image("two"), "first.sqsh", Compression.ZSTD, "1.2.3", new Reused());

        assertEquals(-1, Files.mismatch(expected, replaced));
        assertEquals(0, layersReadForTheSecond());
    }

    @Test
    void otherOptionsAndOtherVersionsReadAll() throws Exception {
        MemoryImage gzip = image("two");
        convert(gzip, "gzip.sqsh", Compression.GZIP, "1.2.3", new Reused());
        MemoryImage later = image("two");
        convert(later, "later.sqsh", Compression.ZSTD, "1.2.4", new Reused());

        assertAll(() -> assertEquals(3, gzip.opened.size()), () -> assertEquals(3, later.opened.size()));
    }

    @Test
    void anImageFileThatHasGoneIsNotMissed() throws Exception {
        Files.delete(first);

        assertEquals(3, layersReadForTheSecond());
        assertEquals(0, layersReadForTheSecond(), "the file that was made instead serves the next");
    }

    @Test
    void anImageFileThatWasCutIsNotUsed() throws Exception {
        try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
            file.truncate(2000);
        }

        assertEquals(3, layersReadForTheSecond());
    }

    /** As somebody would who wants his bytes in the next image. */
    @Test
    void bytesChangedBehindTheRecordsBackAreNeverTakenOver() throws Exception {
        byte[] whole = Files.readAllBytes(first);
        FileTime time = Files.getLastModifiedTime(first);
        int began = 0;
        for (int at = 100; at < whole.length - 4096; at += 311) {
            byte[] edited = whole.clone();
            edited[at] ^= 0x20;
            Files.write(first, edited);
            Files.setLastModifiedTime(first, time);
            Files.deleteIfExists(directory.resolve("second.sqsh"));

            began += layersReadForTheSecond() == 4 ? 1 : 0;
        }
        assertTrue(began > 3, "no edit was met: " + began);
    }

    @Test
    void anImageFileThatShrinksUnderItsOldTimeIsNotUsed() throws Exception {
        FileTime time = Files.getLastModifiedTime(first);
        long size = Files.size(first);
        try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
            file.truncate(2000);
            file.write(java.nio.ByteBuffer.wrap(new byte[1]), size - 1);
        }
        Files.setLastModifiedTime(first, time);

        assertTrue(layersReadForTheSecond() >= 3);
    }

    @Test
    void aRecordCutAnywhereIsAsGoodAsNone() throws Exception {
        Path record = recordFiles().get(0);
        byte[] whole = Files.readAllBytes(record);
        for (int length = 0; length < whole.length; length += 1 + whole.length / 60) {
            Files.write(record, java.util.Arrays.copyOf(whole, length));
            keepOnlyRecordsOfTheFirst();

            assertTrue(layersReadForTheSecond() <= 2);
        }
    }

    private void keepOnlyRecordsOfTheFirst() throws IOException {
        Files.deleteIfExists(directory.resolve("second.sqsh"));
    }

    @Test
    void aFlippedBitInARecordIsAsGoodAsNone() throws Exception {
        Path record = recordFiles().get(1);
        byte[] whole = Files.readAllBytes(record);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            byte[] flipped = whole.clone();
            flipped[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(record, flipped);
            keepOnlyRecordsOfTheFirst();

            assertTrue(layersReadForTheSecond() <= 2, "seed " + seed);
        }
    }

    @Test
    void aRecordThatOthersMayWriteIsNotBelieved() throws Exception {
        for (Path record : recordFiles()) {
            Files.setPosixFilePermissions(record, PosixFilePermissions.fromString("rw-rw----"));
        }

        assertEquals(3, layersReadForTheSecond());
    }

    @Test
    void noOneElseMayReadRecords() throws Exception {
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(records)));
        for (Path record : recordFiles()) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(record)));
        }
    }

    @Test
    void aLayerIsRememberedInThreeImageFilesAtMost() throws Exception {
        for (int i = 0; i < 5; i++) {
            convert(image("one"), "copy" + i + ".sqsh", Compression.ZSTD, "1.2.3", new Reused());
        }

        assertEquals(9, recordFiles().size());
    }

    @Test
    void whatAKilledImportLeftOfARecordGoesWithTheNext() throws Exception {
        Path left = Files.writeString(records.resolve("sha256-ab.12.34.left.part"), "half");
        Path growing = Files.writeString(records.resolve("sha256-ab.12.34.growing.part"), "half");
        Files.setLastModifiedTime(left, FileTime.from(java.time.Instant.now().minus(java.time.Duration.ofHours(2))));

        convert(image("two"), "second.sqsh", Compression.ZSTD, "1.2.3", new Reused());

        assertTrue(Files.notExists(left));
        assertTrue(Files.exists(growing));
    }

    @Test
    void aPlanKnowsWhichLayersNeedNotBeFetched() throws Exception {
        LayerRecords known = new LayerRecords(records, "1.2.3");
        ResolvedImage second = image("two").resolve(Platform.of("linux", "amd64"));
        BlobStore empty = BlobStore.at(directory.resolve("cache/blobs"));
        OutputFormat alike = new OutputFormat.Squashfs(Compression.ZSTD, Compression.ZSTD.defaultLevel(), BLOCK);
        OutputFormat other = new OutputFormat.Squashfs(Compression.GZIP, Compression.GZIP.defaultLevel(), BLOCK);

        Outlook before = Outlook.of(second, Optional.of(empty), alike, Optional.empty());
        Outlook reusing = Outlook.of(second, Optional.of(empty), alike, Optional.of(known));
        Outlook differing = Outlook.of(second, Optional.of(empty), other, Optional.of(known));
        Files.delete(first);
        Outlook gone = Outlook.of(second, Optional.of(empty), alike, Optional.of(known));

        assertAll(
                () -> assertEquals(
                        List.of(true, true, false),
                        reusing.layers().stream()
                                .map(Outlook.LayerOutlook::reused)
                                .toList()),
                () -> assertEquals(second.manifest().layers().get(2).sizeInBytes(), reusing.downloadInBytes()),
                () -> assertEquals(before.downloadInBytes(), differing.downloadInBytes()),
                () -> assertEquals(before.downloadInBytes(), gone.downloadInBytes()));
    }

    @Test
    void whatCannotBeNotedIsNoFailure() throws Exception {
        Files.writeString(directory.resolve("file"), "no directory");
        records = directory.resolve("file/layers");

        assertEquals(3, layersReadForTheSecond());
    }

    @Test
    void otherFormsOfResultsTakeNothingOver() throws Exception {
        MemoryImage second = image("two");
        LayeredInput input = new LayeredInput(second, new LayerRecords(records, "1.2.3"));
        ConversionRequest squashfs = request(directory.resolve("tree"), Compression.ZSTD, "1.2.3");
        ConversionRequest tree = new ConversionRequest(
                squashfs.platform(),
                squashfs.output(),
                Existing.KEEP,
                new OutputFormat.Directory(),
                squashfs.ownership(),
                squashfs.compatibility(),
                squashfs.limits(),
                squashfs.jrunVersion());

        new ImageConverter(input, tree, new Reused()).convert();
        input.remember(tree.output());

        assertEquals(3, second.opened.size());
        assertEquals(3, recordFiles().size());
        assertNotEquals(0, Files.size(recordFiles().get(0)));
    }
}

package io.jrun.image.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageConverterTest {

    @TempDir
    Path directory;

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

    private ConversionRequest request(String file, OwnershipPolicy ownership) {
        return new ConversionRequest(
                Platform.of("linux", "amd64"),
                directory.resolve(file),
                Existing.KEEP,
                new OutputFormat.Squashfs(Compression.ZSTD, 3, SquashfsOptions.DEFAULT_BLOCK_SIZE),
                ownership,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                "1.2.3");
    }

    private ConversionResult convert(MemoryImage source, String file) throws IOException {
        return new ImageConverter(new LayeredInput(source), request(file, OwnershipPolicy.AS_RECORDED), NOBODY)
                .convert();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static MemoryImage twoLayers() throws IOException {
        return new MemoryImage()
                .layer(Map.of("etc/hosts", "lower", "bin/tool", "tool"))
                .layer(Map.of("etc/hosts", "upper"));
    }

    @Test
    void layersAreReadOnceFromTheTopAndTheUpperOneWins() throws Exception {
        MemoryImage source = twoLayers();

        ConversionResult result = convert(source, "image.sqsh");

        assertEquals(List.of(source.layers.get(1).digest(), source.layers.get(0).digest()), source.opened);
        assertEquals(1, result.report().orElseThrow().hiddenEntries());
        try (SquashfsImage image = SquashfsImage.open(result.output())) {
            assertEquals("upper", text(image, "/etc/hosts"));
            assertEquals("tool", text(image, "/bin/tool"));
            assertEquals(7, image.lookup("/bin/tool").orElseThrow().metadata().uid());
        }
        assertEquals(Files.size(result.output()), result.sizeInBytes());
    }

    private static String text(SquashfsImage image, String path) throws IOException {
        FileNode.RegularFile file = (FileNode.RegularFile) image.lookup(path).orElseThrow();
        try (InputStream in = ((ReadableContent) file.content()).open()) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    @Test
    void theFileHoldsManifestAndConfigAsTheyCameAndHowItWasMade() throws Exception {
        MemoryImage source = twoLayers();

        ConversionResult result = convert(source, "image.sqsh");

        try (SquashfsImage image = SquashfsImage.open(result.output())) {
            assertArrayEquals(
                    result.provenance().manifest().orElseThrow().toBytes(),
                    text(image, "/.jrun/manifest.json").getBytes(UTF_8));
            assertArrayEquals(
                    result.provenance().config().toBytes(),
                    text(image, "/.jrun/config.json").getBytes(UTF_8));
            ImageFileRecord record = ImageFileRecord.read(image).orElseThrow();
            assertEquals(result.provenance().manifestDigest(), record.manifestDigest());
            assertEquals("1.2.3", record.description().string("jrunVersion").orElseThrow());
            assertEquals("linux/amd64", record.platform().orElseThrow());
            assertEquals(1_000_000_000, image.facts().modificationSeconds(), "the config's creation time");
        }
    }

    @Test
    void theSameImageGivesTheSameBytesUnderAnyName() throws Exception {
        Path one = convert(twoLayers(), "one.sqsh").output();
        Path two = convert(twoLayers(), "two.sqsh").output();

        assertEquals(-1, Files.mismatch(one, two));
    }

    @Test
    void ownersCanAllBeRoot() throws Exception {
        ConversionResult result = new ImageConverter(
                        new LayeredInput(twoLayers()), request("image.sqsh", OwnershipPolicy.ALL_ROOT), NOBODY)
                .convert();

        try (SquashfsImage image = SquashfsImage.open(result.output())) {
            assertEquals(0, image.lookup("/bin/tool").orElseThrow().metadata().uid());
        }
    }

    @Test
    void aLayerThatIsNotTheConfigsLeavesNothing() throws Exception {
        byte[] tar = MemoryImage.tar(Map.of("file", "content"));
        MemoryImage source = new MemoryImage().layer(tar, Digest.sha256(new byte[] {1}));

        CorruptDataException e = assertThrows(CorruptDataException.class, () -> convert(source, "image.sqsh"));

        assertTrue(e.getMessage().contains("layer 1 of 1"), e.getMessage());
        assertTrue(e.getMessage().contains(Digest.sha256(tar).toString()), e.getMessage());
        assertEquals(List.of(), names());
    }

    @Test
    void bytesThatAreNotTheManifestsAreBlamedBeforeWhatTheySay() throws Exception {
        MemoryImage source = twoLayers();
        CorruptDataException altered =
                new CorruptDataException(Failure.of("use the layer", "altered (DIGEST_INVALID)"));
        source.verdict = Optional.of(altered);
        source.blobs.put(source.layers.get(1).digest(), "x".repeat(600_000).getBytes(UTF_8));

        assertSame(altered, assertThrows(CorruptDataException.class, () -> convert(source, "image.sqsh")));

        assertEquals(1, altered.getSuppressed().length, "what the merge stumbled over is kept for developers");
        assertEquals(List.of(), names());
    }

    @Test
    void anExistingOutputIsKeptAndNothingIsFetched() throws Exception {
        Files.writeString(directory.resolve("image.sqsh"), "mine");
        MemoryImage source = twoLayers();

        assertThrows(UsageException.class, () -> convert(source, "image.sqsh"));

        assertFalse(source.resolved, "the source was asked although the result could not be kept");
        assertEquals("mine", Files.readString(directory.resolve("image.sqsh")));
        assertEquals(List.of("image.sqsh"), names());
    }
}

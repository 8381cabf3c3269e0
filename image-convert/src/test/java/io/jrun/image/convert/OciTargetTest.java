package io.jrun.image.convert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.layout.LayoutSource;
import io.jrun.image.source.member.DirectoryMembers;
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
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An image file becomes a layout, and the layout an image file again. */
class OciTargetTest {

    private static final Platform AMD64 = Platform.of("linux", "amd64");

    private static final String CONFIG = "{\"os\":\"linux\",\"architecture\":\"amd64\",\"author\":\"ann\","
            + "\"created\":\"2001-09-09T01:46:40Z\","
            + "\"config\":{\"Entrypoint\":[\"/bin/solve\",\"-v\"],\"Env\":[\"A=1\"],\"Labels\":{\"a\":\"b\"}},"
            + "\"history\":[{\"created_by\":\"COPY a\"},{\"created_by\":\"ENV A=1\",\"empty_layer\":true}],"
            + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:" + "a".repeat(64) + "\"]}}";

    private static final String DIGEST = "sha256:" + "c".repeat(64);

    @TempDir
    Path directory;

    @BeforeEach
    void imageFileWithItsConfig() throws IOException {
        FileTree random = RandomTree.of(71);
        Map<EntryName, FileNode> children = new HashMap<>(random.root().children());
        Metadata metadata = new Metadata(
                0640, 5, 6, 1_000_000_000, 0, new Xattrs(Map.of("user.s", ByteBuffer.wrap(new byte[] {0, 1}))));
        FileNode socket = new FileNode.Socket(metadata);
        children.put(EntryName.of("socket"), socket);
        children.put(EntryName.of("same-socket"), socket);
        children.put(EntryName.of(OwnFolder.NAME), ownFolder());
        FileTree tree = new FileTree(new FileNode.Directory(random.root().metadata(), children));
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        new TarTreeWriter(tar, ContentSource.DIRECT, UnaryOperator.identity()).write(tree);
        Path file = Files.write(directory.resolve("image.tar"), tar.toByteArray());
        convert(new TarInput("image.tar", 0, () -> Files.newInputStream(file)), squashfs(), "image.sqsh");
    }

    private static FileNode ownFolder() {
        Map<EntryName, FileNode> files = new HashMap<>();
        files.put(EntryName.of("config.json"), file(CONFIG));
        files.put(
                EntryName.of("image.json"),
                file("{\"formatVersion\":1,\"manifestDigest\":\"" + DIGEST + "\",\"layers\":[],\"losses\":[]}"));
        return new FileNode.Directory(new Metadata(0755, 0, 0, 0, 0, Xattrs.NONE), files);
    }

    private static FileNode file(String text) {
        return new FileNode.RegularFile(
                new Metadata(0644, 0, 0, 0, 0, Xattrs.NONE), new MemoryContent(text.getBytes(UTF_8)));
    }

    private static OutputFormat squashfs() {
        return new OutputFormat.Squashfs(Compression.ZSTD, 1, SquashfsOptions.DEFAULT_BLOCK_SIZE);
    }

    private ConversionResult convert(RootfsInput input, OutputFormat format, String output) throws IOException {
        ConversionRequest request = new ConversionRequest(
                AMD64,
                directory.resolve(output),
                Existing.KEEP,
                format,
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                "1.2.3");
        try (input) {
            return new ImageConverter(input, request, SilentListener.INSTANCE).convert();
        }
    }

    private ConversionResult toLayout(ArchiveCompression compression) throws IOException {
        return convert(
                SquashfsInput.open(directory.resolve("image.sqsh")),
                new OutputFormat.OciLayout(compression, compression.defaultLevel()),
                "image.oci");
    }

    private LayoutSource layout() throws IOException {
        return new LayoutSource(
                DirectoryMembers.open(directory.resolve("image.oci")), new ManifestChoice.ByName("latest"));
    }

    private Map<String, String> lines(String file) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(directory.resolve(file))) {
            return TreeLines.of(OwnFolder.without(image.readTree()), ContentSource.DIRECT);
        }
    }

    @ParameterizedTest
    @EnumSource(ArchiveCompression.class)
    void everyFileComesBack(ArchiveCompression compression) throws IOException {
        ConversionResult made = toLayout(compression);

        ConversionResult back = convert(new LayeredInput(layout()), squashfs(), "back.sqsh");

        assertEquals(lines("image.sqsh"), lines("back.sqsh"));
        assertTrue(lines("back.sqsh").get("/socket").startsWith("= ")
                || lines("back.sqsh").get("/same-socket").startsWith("= "));
        assertEquals(List.of("1 sockets are empty files to other tools than jrun and star"), made.losses());
        assertEquals(List.of(), back.losses());
    }

    @Test
    void theConfigKeepsAllButItsLayers() throws IOException {
        toLayout(ArchiveCompression.ZSTD);

        ResolvedImage image;
        try (LayoutSource source = layout()) {
            image = source.resolve(AMD64);
        }

        JsonObject before = (JsonObject) Json.parse(CONFIG.getBytes(UTF_8), "before");
        JsonObject after = (JsonObject) Json.parse(image.configJson().toBytes(), "after");
        for (String kept : List.of("os", "architecture", "author", "created", "config")) {
            assertEquals(before.members().get(kept), after.members().get(kept), kept);
        }
        assertEquals(1, image.config().diffIds().size());
        List<JsonValue> steps = ((JsonArray) after.members().get("history")).items();
        long layers = steps.stream()
                .filter(step -> !((JsonObject) step).members().containsKey("empty_layer"))
                .count();
        assertEquals("3 steps, 1 layer", steps.size() + " steps, " + layers + " layer");
        assertEquals("COPY a", steps.get(0).string("created_by").orElseThrow());
    }

    @Test
    void theManifestNamesWhatTheImageWas() throws IOException {
        toLayout(ArchiveCompression.GZIP);

        try (LayoutSource source = layout()) {
            JsonObject manifest =
                    (JsonObject) Json.parse(source.resolve(AMD64).manifestJson().toBytes(), "manifest");
            JsonObject annotations = (JsonObject) manifest.members().get("annotations");
            assertEquals(DIGEST, annotations.string("io.jrun.source.digest").orElseThrow());
        }
    }

    @Test
    void everyBlobIsNamedByItsBytes() throws IOException {
        toLayout(ArchiveCompression.ZSTD);

        try (Stream<Path> blobs = Files.list(directory.resolve("image.oci/blobs/sha256"))) {
            List<Path> all = blobs.toList();
            assertEquals(3, all.size(), "layer, config, manifest");
            for (Path blob : all) {
                assertEquals(Digest.sha256(Files.readAllBytes(blob)).hex(), String.valueOf(blob.getFileName()));
            }
        }
    }

    @Test
    void theSameImageFileGivesTheSameLayout() throws IOException {
        toLayout(ArchiveCompression.ZSTD);
        Files.move(directory.resolve("image.oci"), directory.resolve("first.oci"));
        toLayout(ArchiveCompression.ZSTD);

        assertEquals(
                Files.readString(directory.resolve("first.oci/index.json")),
                Files.readString(directory.resolve("image.oci/index.json")));
    }
}

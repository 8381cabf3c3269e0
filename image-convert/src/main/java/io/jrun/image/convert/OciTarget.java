package io.jrun.image.convert;

import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.MediaType;
import io.jrun.image.reference.Digest;
import io.jrun.image.tree.FileTree;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An OCI layout with the whole tree in one layer, without {@code /.jrun}: what that holds goes where the format has a
 * place for it. The config is the image's own with new {@code rootfs.diff_ids}; its history stays, every old step marked
 * as an empty layer, and ends with one step that stands for the layer. Source: OCI image-spec 1.1, image-layout.md,
 * manifest.md, config.md.
 */
final class OciTarget {

    /** The file that every layout has. */
    static final String MARK = "oci-layout";

    /** The manifest that the image had before it was flattened. */
    private static final String SOURCE_DIGEST = "io.jrun.source.digest";

    private static final String TAG = "latest";

    private static final int BUFFER_SIZE = 256 * 1024;

    private final OutputFormat.OciLayout format;

    OciTarget(OutputFormat.OciLayout format) {
        this.format = format;
    }

    /** @param layout where to make it; the caller removes what a failure leaves */
    ConversionResult write(Conversion conversion, Path layout) throws IOException {
        ConversionRequest request = conversion.request();
        Path blobs = Files.createDirectories(layout.resolve("blobs").resolve("sha256"));
        try (Conversion.Resting resting = conversion.atRest()) {
            Rootfs rootfs = resting.rootfs().rootfs();
            List<String> lost = new ArrayList<>();
            FileTree tree = TreeEdits.withoutWhiteoutNames(
                    OwnFolder.without(conversion.complete(rootfs, TarTarget.MEMORY)), lost);
            LayerBlob layer = new LayerBlob(blobs, format);
            long sockets = layer.write(out -> TarTarget.writeTar(tree, resting.rootfs(), request, out));
            List<String> losses = new ArrayList<>(TarTarget.socketNotes(sockets));
            losses.addAll(lost);
            Provenance provenance = rootfs.provenance();
            byte[] config = config(provenance, layer.diffId());
            byte[] manifest = Json.toBytes(manifest(provenance, store(blobs, config), config.length, layer));
            Digest manifestDigest = store(blobs, manifest);
            write(layout.resolve(MARK), Json.toBytes(object("imageLayoutVersion", JsonValue.of("1.0.0"))));
            write(layout.resolve("index.json"), Json.toBytes(index(manifestDigest, manifest.length)));
            return new ConversionResult(
                    request.output(),
                    layer.sizeInBytes() + config.length + manifest.length,
                    provenance,
                    rootfs.report(),
                    rootfs.told(losses),
                    Map.of());
        }
    }

    private static byte[] config(Provenance provenance, Digest diffId) throws IOException {
        JsonObject original = (JsonObject) Json.parse(provenance.config().toBytes(), "config of the image");
        ImageConfig parsed = provenance.parsedConfig();
        Map<String, JsonValue> members = new LinkedHashMap<>(original.members());
        Map<String, JsonValue> rootfs = new LinkedHashMap<>();
        rootfs.put("type", JsonValue.of("layers"));
        rootfs.put("diff_ids", JsonValue.ofStrings(List.of(diffId.toString())));
        members.put("rootfs", new JsonObject(rootfs));
        members.put("history", new JsonArray(history(original, parsed)));
        return Json.toBytes(new JsonObject(members));
    }

    private static List<JsonValue> history(JsonObject config, ImageConfig parsed) {
        List<JsonValue> steps = new ArrayList<>();
        if (config.members().get("history") instanceof JsonArray old) {
            for (JsonValue step : old.items()) {
                Map<String, JsonValue> members = new LinkedHashMap<>(((JsonObject) step).members());
                members.put("empty_layer", JsonValue.of(true));
                steps.add(new JsonObject(members));
            }
        }
        Map<String, JsonValue> last = new LinkedHashMap<>();
        parsed.created().ifPresent(created -> last.put("created", JsonValue.of(created.toString())));
        last.put("created_by", JsonValue.of("jrun: all layers in one"));
        steps.add(new JsonObject(last));
        return steps;
    }

    private JsonValue manifest(Provenance provenance, Digest config, long configSize, LayerBlob layer) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("schemaVersion", JsonValue.of(2));
        members.put("mediaType", JsonValue.of(MediaType.OCI_MANIFEST.value()));
        members.put("config", descriptor(MediaType.OCI_CONFIG.value(), config, configSize));
        members.put("layers", new JsonArray(List.of(descriptor(layerType(), layer.digest(), layer.sizeInBytes()))));
        provenance
                .manifestDigest()
                .ifPresent(digest -> members.put("annotations", object(SOURCE_DIGEST, JsonValue.of(digest))));
        return new JsonObject(members);
    }

    private String layerType() {
        String tar = "application/vnd.oci.image.layer.v1.tar";
        return format.compression() == ArchiveCompression.NONE
                ? tar
                : tar + "+" + format.compression().label();
    }

    private static JsonValue index(Digest manifest, long size) {
        Map<String, JsonValue> entry = new LinkedHashMap<>(
                descriptor(MediaType.OCI_MANIFEST.value(), manifest, size).members());
        entry.put("annotations", object("org.opencontainers.image.ref.name", JsonValue.of(TAG)));
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("schemaVersion", JsonValue.of(2));
        members.put("mediaType", JsonValue.of(MediaType.OCI_INDEX.value()));
        members.put("manifests", new JsonArray(List.of(new JsonObject(entry))));
        return new JsonObject(members);
    }

    private static JsonObject descriptor(String mediaType, Digest digest, long size) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("mediaType", JsonValue.of(mediaType));
        members.put("digest", JsonValue.of(digest.toString()));
        members.put("size", JsonValue.of(size));
        return new JsonObject(members);
    }

    private static JsonObject object(String name, JsonValue value) {
        return new JsonObject(Map.of(name, value));
    }

    private static Digest store(Path blobs, byte[] document) throws IOException {
        Digest digest = Digest.sha256(document);
        write(blobs.resolve(digest.hex()), document);
        return digest;
    }

    private static void write(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Channels.newOutputStream(channel).write(bytes);
            channel.force(true);
        }
    }

    /** What fills a layer. */
    private interface LayerContent {
        long writeTo(OutputStream out) throws IOException;
    }

    /** The layer on its way into the layout: its digests are known when it is written. */
    private static final class LayerBlob {

        private final Path blobs;
        private final OutputFormat.OciLayout format;
        private Optional<Digest> diffId = Optional.empty();
        private Optional<Digest> digest = Optional.empty();
        private long sizeInBytes;

        LayerBlob(Path blobs, OutputFormat.OciLayout format) {
            this.blobs = blobs;
            this.format = format;
        }

        long write(LayerContent content) throws IOException {
            Path file = blobs.resolve("layer");
            Digest.Hasher plain = Digest.hasher(Digest.Algorithm.SHA256);
            Digest.Hasher packed = Digest.hasher(Digest.Algorithm.SHA256);
            long answer;
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                OutputStream end = new BufferedOutputStream(
                        new HashingOutputStream(Unclosed.of(Channels.newOutputStream(channel)), packed), BUFFER_SIZE);
                try (OutputStream out = new BufferedOutputStream(
                        new HashingOutputStream(
                                format.compression().open(end, format.level(), Conversion.threads()), plain),
                        BUFFER_SIZE)) {
                    answer = content.writeTo(out);
                }
                end.flush();
                channel.force(true);
                sizeInBytes = channel.size();
            }
            diffId = Optional.of(plain.finish());
            digest = Optional.of(packed.finish());
            Files.move(file, blobs.resolve(digest().hex()));
            return answer;
        }

        Digest diffId() {
            return diffId.orElseThrow();
        }

        Digest digest() {
            return digest.orElseThrow();
        }

        long sizeInBytes() {
            return sizeInBytes;
        }
    }
}

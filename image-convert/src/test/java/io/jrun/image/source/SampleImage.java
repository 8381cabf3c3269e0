package io.jrun.image.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jrun.image.model.MediaType;
import io.jrun.image.reference.Digest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * An image that sources are tested with: an index for linux/amd64 and linux/arm64, one manifest each, three layers, of
 * which the first and the last are the same blob.
 */
public final class SampleImage {

    private final Map<Digest, byte[]> blobs = new LinkedHashMap<>();
    private final Map<Digest, MediaType> documents = new LinkedHashMap<>();
    private final List<byte[]> layers;
    private final Digest index;
    private final Digest amd64;
    private final Map<String, Digest> configs = new LinkedHashMap<>();

    public SampleImage(long seed, int layerSizeInBytes) {
        byte[] one = random(seed, layerSizeInBytes);
        byte[] two = random(seed + 1, layerSizeInBytes / 2 + 1);
        this.layers = List.of(one, two, one);
        this.amd64 = manifest("amd64");
        Digest arm64 = manifest("arm64");
        this.index = document(
                MediaType.OCI_INDEX,
                "{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.OCI_INDEX + "\",\"manifests\":["
                        + entry(arm64, "arm64") + ',' + entry(amd64, "amd64") + ",{\"mediaType\":\""
                        + MediaType.OCI_MANIFEST + "\",\"digest\":\"" + Digest.sha256(new byte[0])
                        + "\",\"size\":0,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}]}");
    }

    public static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Digest manifest(String architecture) {
        String diffIds =
                layers.stream().map(layer -> "\"" + Digest.sha256(layer) + "\"").collect(Collectors.joining(","));
        Digest config = put(("{\"os\":\"linux\",\"architecture\":\"" + architecture
                        + "\",\"config\":{\"Env\":[\"ARCH=" + architecture + "\"]},\"rootfs\":{\"type\":\"layers\","
                        + "\"diff_ids\":[" + diffIds + "]}}")
                .getBytes(UTF_8));
        configs.put(architecture, config);
        List<String> entries = new ArrayList<>();
        for (byte[] layer : layers) {
            entries.add(descriptor("application/vnd.oci.image.layer.v1.tar+gzip", put(layer), ""));
        }
        return document(
                MediaType.OCI_MANIFEST,
                "{\"schemaVersion\":2,\"config\":" + descriptor(MediaType.OCI_CONFIG.value(), config, "")
                        + ",\"layers\":[" + String.join(",", entries) + "]}");
    }

    private String entry(Digest manifest, String architecture) {
        return descriptor(
                MediaType.OCI_MANIFEST.value(),
                manifest,
                ",\"platform\":{\"os\":\"linux\",\"architecture\":\"" + architecture + "\"}");
    }

    private String descriptor(String mediaType, Digest digest, String more) {
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + digest + "\",\"size\":" + blobs.get(digest).length
                + more + "}";
    }

    private Digest put(byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        blobs.put(digest, bytes);
        return digest;
    }

    private Digest document(MediaType mediaType, String text) {
        Digest digest = put(text.getBytes(UTF_8));
        documents.put(digest, mediaType);
        return digest;
    }

    /** Everything by digest, documents included. */
    public Map<Digest, byte[]> blobs() {
        return blobs;
    }

    /** The media types of index and manifests. */
    public Map<Digest, MediaType> documents() {
        return documents;
    }

    public Digest amd64Config() {
        return configs.get("amd64");
    }

    public List<byte[]> layers() {
        return layers;
    }

    public Digest index() {
        return index;
    }

    public Digest amd64Manifest() {
        return amd64;
    }
}

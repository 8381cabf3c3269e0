package io.jrun.image.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** An image in memory; each layer is a tar of files with their contents, compressed with gzip. */
final class MemoryImage implements ImageSource {

    final Map<Digest, byte[]> blobs = new LinkedHashMap<>();
    final List<Descriptor> layers = new ArrayList<>();
    private final List<String> diffIds = new ArrayList<>();
    final List<Digest> opened = new ArrayList<>();
    final List<Digest> prefetched = new ArrayList<>();
    boolean resolved;

    /** What the source finds wrong at the end of a blob. */
    Optional<IOException> verdict = Optional.empty();

    MemoryImage layer(Map<String, String> files) throws IOException {
        byte[] tar = tar(files);
        return layer(tar, Digest.sha256(tar));
    }

    MemoryImage layer(byte[] tar, Digest diffId) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(tar);
        }
        byte[] blob = packed.toByteArray();
        Digest digest = Digest.sha256(blob);
        blobs.put(digest, blob);
        layers.add(Descriptor.of(MediaType.of("application/vnd.oci.image.layer.v1.tar+gzip"), digest, blob.length));
        diffIds.add("\"" + diffId + "\"");
        return this;
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        resolved = true;
        byte[] config = ("{\"os\":\"linux\",\"architecture\":\"amd64\",\"created\":\"2001-09-09T01:46:40Z\","
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + String.join(",", diffIds) + "]}}")
                .getBytes(UTF_8);
        StringBuilder manifest = new StringBuilder("{\"schemaVersion\":2,\"config\":"
                + descriptor(MediaType.OCI_CONFIG.value(), Digest.sha256(config), config.length)
                + ",\"layers\":[");
        for (Descriptor layer : layers) {
            manifest.append(layer.equals(layers.get(0)) ? "" : ",")
                    .append(descriptor(layer.mediaType().value(), layer.digest(), layer.sizeInBytes()));
        }
        byte[] json = manifest.append("]}").toString().getBytes(UTF_8);
        return new ResolvedImage(
                Descriptor.of(MediaType.OCI_MANIFEST, Digest.sha256(json), json.length),
                RawDocument.of(json),
                ImageManifest.read(json, "manifest"),
                RawDocument.of(config),
                ImageConfig.read(config, "config"));
    }

    private static String descriptor(String mediaType, Digest digest, long size) {
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + digest + "\",\"size\":" + size + "}";
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) {
        layersInOrder.forEach(layer -> prefetched.add(layer.digest()));
    }

    @Override
    public InputStream openLayer(Descriptor layer) {
        opened.add(layer.digest());
        InputStream bytes = new ByteArrayInputStream(blobs.get(layer.digest()));
        return verdict.isEmpty() ? bytes : new SequenceInputStream(bytes, new FailingStream(verdict.get()));
    }

    @Override
    public void close() {}

    private static final class FailingStream extends InputStream {

        private final IOException failure;

        FailingStream(IOException failure) {
            this.failure = failure;
        }

        @Override
        public int read() throws IOException {
            throw failure;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            throw failure;
        }
    }

    static byte[] tar(Map<String, String> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                byte[] content = file.getValue().getBytes(UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
                entry.setSize(content.length);
                entry.setModTime(1_000_000_000_000L);
                entry.setIds(7, 8);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return out.toByteArray();
    }
}

package io.jrun.cli.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.Phase;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ResolvedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConversionProgressTest {

    private final List<String> heard = new ArrayList<>();

    private final class Listener implements ImportListener {
        @Override
        public void phaseBegan(Phase phase, String doing) {}

        @Override
        public void layersKnown(List<LayerSize> layers) {
            heard.add(layers.size() + " layers");
        }

        @Override
        public void layerCached(int layer) {
            heard.add("cached " + layer);
        }

        @Override
        public void layerResumed(int layer, long sizeInBytes) {
            heard.add("resumed " + layer + " " + sizeInBytes);
        }

        @Override
        public void bytesReceived(int layer, long sizeInBytes) {
            heard.add("received " + layer + " " + sizeInBytes);
        }

        @Override
        public void layerDone(int layer) {
            heard.add("done " + layer);
        }

        @Override
        public void ended() {}
    }

    private static Descriptor blob(String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return Descriptor.of(
                MediaType.of("application/vnd.oci.image.layer.v1.tar"), Digest.sha256(bytes), bytes.length);
    }

    private static String json(Descriptor blob, String type) {
        return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + blob.digest() + "\",\"size\":" + blob.sizeInBytes()
                + "}";
    }

    private static ResolvedImage image(List<Descriptor> layers) throws IOException {
        String list = String.join(
                ",",
                layers.stream()
                        .map(layer -> json(layer, layer.mediaType().value()))
                        .toList());
        byte[] config = ("{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + String.join(
                                "\",\"",
                                layers.stream()
                                        .map(layer -> layer.digest().toString())
                                        .toList())
                        + "\"]}}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] manifest = ("{\"schemaVersion\":2,\"config\":"
                        + json(
                                Descriptor.of(MediaType.OCI_CONFIG, Digest.sha256(config), config.length),
                                MediaType.OCI_CONFIG.value())
                        + ",\"layers\":[" + list + "]}")
                .getBytes(StandardCharsets.UTF_8);
        return new ResolvedImage(
                Descriptor.of(MediaType.OCI_MANIFEST, Digest.sha256(manifest), manifest.length),
                RawDocument.of(manifest),
                ImageManifest.read(manifest, "manifest"),
                RawDocument.of(config),
                ImageConfig.read(config, "config"));
    }

    @Test
    void repeatedLayersAreDoneBecauseTheyAreTransferredOnce() throws IOException {
        Descriptor empty = blob("empty");
        Descriptor full = blob("full of files");
        ConversionProgress progress = new ConversionProgress(new Listener(), "lab/solver:1");

        progress.resolved(image(List.of(empty, full, empty)));
        progress.planned(empty, 0);
        progress.resumed(empty, 2);
        progress.received(empty, 3);
        progress.finished(empty);

        assertEquals(List.of("3 layers", "cached 2", "resumed 0 2", "received 0 3", "done 0"), heard);
    }
}

package io.jrun.image.model;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The config and the layers of one image. Source: OCI image-spec 1.1, manifest.md.
 *
 * @param artifactType what it is, where it is no image
 * @param layers lowest first
 */
public record ImageManifest(
        MediaType mediaType,
        Optional<MediaType> artifactType,
        Descriptor config,
        List<Descriptor> layers,
        Map<String, String> annotations) {

    /** The least that every registry must accept, and no registry is known that takes more. */
    static final int MAX_SIZE_IN_BYTES = 4 << 20;

    /** Docker stops at 127 layers; other builders go on, but each layer costs a pass of the merge. */
    private static final int MAX_LAYERS = 1000;

    public ImageManifest {
        layers = List.copyOf(layers);
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    }

    /**
     * Reads and checks one document.
     *
     * @param what names the document in messages ("manifest of lab/solver:2.1")
     */
    public static ImageManifest read(byte[] document, String what) throws CorruptDataException {
        DocumentReader reader = DocumentReader.parse(document, MAX_SIZE_IN_BYTES, what);
        refuseSchema1(reader, what);
        DocumentReader config = reader.object("config").orElseThrow(() -> reader.malformed("\"config\" is missing"));
        List<DocumentReader> entries = reader.objects("layers");
        if (entries.size() > MAX_LAYERS) {
            throw reader.malformed("it lists " + entries.size() + " layers, more than " + MAX_LAYERS);
        }
        List<Descriptor> layers = new ArrayList<>();
        long total = 0;
        for (DocumentReader entry : entries) {
            Descriptor layer = Descriptor.read(entry);
            total += layer.sizeInBytes();
            if (total > Descriptor.MAX_SIZE_IN_BYTES) {
                throw reader.malformed("its layers together have more than " + Descriptor.MAX_SIZE_IN_BYTES + " bytes");
            }
            layers.add(layer);
        }
        return new ImageManifest(
                MediaType.of(reader.string("mediaType").orElse(MediaType.OCI_MANIFEST.value())),
                reader.string("artifactType").filter(text -> !text.isEmpty()).map(MediaType::of),
                Descriptor.read(config),
                layers,
                reader.stringMap("annotations"));
    }

    private static void refuseSchema1(DocumentReader reader, String what) throws CorruptDataException {
        if (reader.has("fsLayers") || (reader.has("schemaVersion") && reader.size("schemaVersion") == 1)) {
            throw schema1(what);
        }
    }

    /** The refusal of Docker's first manifest format, for callers that see it by its media type. */
    public static CorruptDataException schema1(String what) {
        return new CorruptDataException(
                Failure.of("read " + what, "it is in Docker's schema 1 format, which registries gave up in 2017")
                        .hint("push the image again with a current tool, for example"
                                + " `skopeo copy --format v2s2 docker://SOURCE docker://DESTINATION`"));
    }

    /** The sum over all layers, repeated ones counted each time. */
    public long layersSizeInBytes() {
        return layers.stream().mapToLong(Descriptor::sizeInBytes).sum();
    }
}

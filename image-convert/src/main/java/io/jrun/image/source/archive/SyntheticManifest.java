package io.jrun.image.source.archive;

import io.jrun.image.blob.Decompression;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The manifest that an archive lacks: a function of config and layers alone. Source: OCI image-spec 1.1, manifest.md. */
final class SyntheticManifest {

    private SyntheticManifest() {}

    static RawDocument of(Descriptor config, List<Descriptor> layers) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("schemaVersion", JsonValue.of(2));
        members.put("mediaType", JsonValue.of(MediaType.OCI_MANIFEST.value()));
        members.put("config", descriptor(config));
        members.put(
                "layers",
                new JsonArray(layers.stream().map(SyntheticManifest::descriptor).toList()));
        return RawDocument.of(Json.toBytes(new JsonObject(members)));
    }

    private static JsonValue descriptor(Descriptor descriptor) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("mediaType", JsonValue.of(descriptor.mediaType().value()));
        members.put("digest", JsonValue.of(descriptor.digest().toString()));
        members.put("size", JsonValue.of(descriptor.sizeInBytes()));
        return new JsonObject(members);
    }

    static MediaType layerType(Decompression.Format format) {
        String layer = "application/vnd.oci.image.layer.v1.tar";
        return new MediaType(
                switch (format) {
                    case GZIP -> layer + "+gzip";
                    case ZSTD -> layer + "+zstd";
                    case NONE -> layer;
                });
    }
}

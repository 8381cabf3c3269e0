package io.jrun.cli.registry;

import io.jrun.image.browse.Inspection;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageIndex;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.registry.RegistrySource;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a registry tells of a reference by its documents alone; no layer is asked for.
 *
 * <pre>
 * schemaVersion   raised when a member changes its meaning
 * kind            "registry"
 * reference       with registry and repository
 * digest          of what the reference names: of the index, where it is one
 * platforms       of an index, in its order: platform where it is named, digest
 * imageFile       of an image file that was pushed as an artifact: digest, mediaType, sizeInBytes
 * platform, manifestDigest, sizeInBytes (of all layers as they are fetched), process, layers, manifest, config
 *                 of the image for the wanted platform; see {@link Inspection}
 * </pre>
 */
record ReferenceInspection(ImageReference reference, RegistrySource source, Consumer<String> notes) {

    private static final int SCHEMA_VERSION = 1;

    /** @param wanted the host's own platform where it is empty; then it is no failure that there is no image for it */
    JsonValue inspect(Optional<Platform> wanted) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("schemaVersion", JsonValue.of(SCHEMA_VERSION));
        members.put("kind", JsonValue.of("registry"));
        members.put("reference", JsonValue.of(reference.toString()));
        members.put("digest", JsonValue.of(source.digest().toString()));
        Platform platform = wanted.orElseGet(Platform::ofHost);
        Optional<ImageIndex> index = source.index();
        index.ifPresent(found -> members.put("platforms", platforms(found)));
        Optional<ImageFileBlob> file = source.imageFile(platform);
        if (file.isPresent()) {
            members.put("imageFile", described(file.get().file()));
        } else if (wanted.isEmpty() && index.isPresent() && !index.get().mayHold(platform)) {
            notes.accept(reference + " has nothing for " + platform + ": --platform shows another of its images");
        } else {
            members.putAll(image(source.resolve(platform)));
        }
        return new JsonObject(members);
    }

    private static JsonValue platforms(ImageIndex index) {
        List<JsonValue> entries = new ArrayList<>();
        for (Descriptor entry : index.entries()) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            entry.platform().ifPresent(platform -> members.put("platform", JsonValue.of(platform.toString())));
            members.put("digest", JsonValue.of(entry.digest().toString()));
            entries.add(new JsonObject(members));
        }
        return new JsonArray(entries);
    }

    private static JsonValue described(Descriptor file) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("digest", JsonValue.of(file.digest().toString()));
        members.put("mediaType", JsonValue.of(file.mediaType().value()));
        members.put("sizeInBytes", JsonValue.of(file.sizeInBytes()));
        return new JsonObject(members);
    }

    private Map<String, JsonValue> image(ResolvedImage image) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        image.config().platform().ifPresent(found -> members.put("platform", JsonValue.of(found.toString())));
        members.put(
                "manifestDigest",
                JsonValue.of(image.manifestDescriptor().digest().toString()));
        long size = image.manifest().layers().stream()
                .mapToLong(Descriptor::sizeInBytes)
                .sum();
        members.put("sizeInBytes", JsonValue.of(size));
        members.putAll(Inspection.ofDocuments(
                image.manifestJson().toBytes(), image.configJson().toBytes(), reference.toString()));
        return members;
    }
}

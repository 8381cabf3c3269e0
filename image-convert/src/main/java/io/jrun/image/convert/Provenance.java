package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ResolvedImage;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The image that a root filesystem was: its documents as they came, or, for a tree of unknown origin, a config that says
 * no more than the platform.
 *
 * @param kind "image", "tar", "directory" or "squashfs": what the conversion read
 * @param manifestDigest of the image, also when its root filesystem has gone through other forms since
 * @param earlierLosses what conversions before this one could not keep
 */
public record Provenance(
        String kind,
        Optional<String> manifestDigest,
        List<String> layers,
        Optional<RawDocument> manifest,
        RawDocument config,
        List<String> earlierLosses) {

    /** The kind of {@link #of(ResolvedImage)}. */
    static final String IMAGE = "image";

    static final String MANIFEST_FILE = "manifest.json";
    static final String CONFIG_FILE = "config.json";
    static final String DESCRIPTION_FILE = "image.json";

    public Provenance {
        layers = List.copyOf(layers);
        earlierLosses = List.copyOf(earlierLosses);
    }

    static Provenance of(ResolvedImage image) {
        return new Provenance(
                IMAGE,
                Optional.of(image.manifestDescriptor().digest().toString()),
                image.manifest().layers().stream()
                        .map(Descriptor::digest)
                        .map(Object::toString)
                        .toList(),
                Optional.of(image.manifestJson()),
                image.configJson(),
                List.of());
    }

    /**
     * What the tree's own {@code /.jrun} says, if a jrun wrote it.
     *
     * @param files the names and bytes of that directory
     */
    static Optional<Provenance> carried(String kind, Map<String, byte[]> files) throws CorruptDataException {
        if (!files.containsKey(DESCRIPTION_FILE) || !files.containsKey(CONFIG_FILE)) {
            return Optional.empty();
        }
        JsonValue description = Json.parse(files.get(DESCRIPTION_FILE), "/.jrun/image.json of the " + kind);
        ImageConfig.read(files.get(CONFIG_FILE), "/.jrun/config.json of the " + kind);
        if (description.integer("formatVersion").isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Provenance(
                kind,
                description.string("manifestDigest"),
                description.strings("layers"),
                Optional.ofNullable(files.get(MANIFEST_FILE)).map(RawDocument::of),
                RawDocument.of(files.get(CONFIG_FILE)),
                description.strings("losses")));
    }

    /** Of a tree that came without a config. */
    static Provenance bare(String kind, Platform platform, List<String> environment) {
        Map<String, JsonValue> process = new LinkedHashMap<>();
        if (!environment.isEmpty()) {
            process.put("Env", JsonValue.ofStrings(environment));
        }
        Map<String, JsonValue> rootfs = new LinkedHashMap<>();
        rootfs.put("type", JsonValue.of("layers"));
        rootfs.put("diff_ids", JsonValue.ofStrings(List.of()));
        Map<String, JsonValue> config = new LinkedHashMap<>();
        config.put("architecture", JsonValue.of(platform.architecture()));
        config.put("os", JsonValue.of(platform.os()));
        platform.variant().ifPresent(variant -> config.put("variant", JsonValue.of(variant)));
        config.put("config", new JsonObject(process));
        config.put("rootfs", new JsonObject(rootfs));
        return new Provenance(
                kind,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                RawDocument.of(Json.toBytes(new JsonObject(config))),
                List.of());
    }

    ImageConfig parsedConfig() throws CorruptDataException {
        return ImageConfig.read(config.toBytes(), "config of the image");
    }
}

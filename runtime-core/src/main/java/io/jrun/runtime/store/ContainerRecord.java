package io.jrun.runtime.store;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What {@code container.json} says of a container.
 *
 * @param platform "os/architecture[/variant]", where the image says so
 * @param dropped what could not be made without privilege, by kind ("device nodes"), with its count
 * @param addedMountPoints paths in the container that we made because the image has none
 */
public record ContainerRecord(
        ContainerName name,
        ImageOrigin image,
        Instant created,
        Optional<String> platform,
        Map<String, Long> dropped,
        List<String> addedMountPoints) {

    /** Raised by one whenever older versions of jrun could misread the file. */
    static final int FORMAT_VERSION = 1;

    /**
     * The image file a container was made from.
     *
     * @param path as the caller gave it
     * @param digest of the image's manifest, where the image file holds it
     */
    public record ImageOrigin(String path, long sizeInBytes, Optional<String> digest) {}

    public ContainerRecord {
        dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
        addedMountPoints = List.copyOf(addedMountPoints);
    }

    /** The document as it is stored and as {@code inspect} prints it. */
    public JsonValue toJson() {
        Map<String, JsonValue> source = new LinkedHashMap<>();
        source.put("path", JsonValue.of(image.path()));
        source.put("sizeInBytes", JsonValue.of(image.sizeInBytes()));
        if (image.digest().isPresent()) {
            source.put("digest", JsonValue.of(image.digest().get()));
        }
        Map<String, JsonValue> losses = new LinkedHashMap<>();
        for (Map.Entry<String, Long> loss : dropped.entrySet()) {
            losses.put(loss.getKey(), JsonValue.of(loss.getValue()));
        }
        Map<String, JsonValue> root = new LinkedHashMap<>();
        root.put("formatVersion", JsonValue.of(FORMAT_VERSION));
        root.put("name", JsonValue.of(name.text()));
        root.put("image", new JsonObject(source));
        root.put("created", JsonValue.of(created.toString()));
        if (platform.isPresent()) {
            root.put("platform", JsonValue.of(platform.get()));
        }
        root.put("dropped", new JsonObject(losses));
        root.put("addedMountPoints", JsonValue.ofStrings(addedMountPoints));
        return new JsonObject(root);
    }

    byte[] toBytes() {
        return (Json.toPrettyText(toJson()) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @param file names the document in messages */
    static ContainerRecord parse(byte[] document, String file) throws CorruptDataException {
        JsonValue root = Json.parse(document, file);
        OptionalLong version = root.integer("formatVersion");
        if (version.isEmpty() || version.getAsLong() != FORMAT_VERSION) {
            throw new CorruptDataException(Failure.of("read " + file, "its format is not known to this jrun")
                    .comparing(FORMAT_VERSION, version.isPresent() ? version.getAsLong() : "no formatVersion")
                    .hint("create the container again"));
        }
        JsonValue source = required(root.member("image"), "image", file);
        Map<String, Long> dropped = new LinkedHashMap<>();
        if (root.member("dropped").isPresent() && root.member("dropped").get() instanceof JsonObject losses) {
            for (String kind : losses.members().keySet()) {
                dropped.put(kind, losses.integer(kind).orElse(0));
            }
        }
        try {
            return new ContainerRecord(
                    new ContainerName(required(root.string("name"), "name", file)),
                    new ImageOrigin(
                            required(source.string("path"), "image.path", file),
                            source.integer("sizeInBytes").orElse(0),
                            source.string("digest")),
                    Instant.parse(required(root.string("created"), "created", file)),
                    root.string("platform"),
                    dropped,
                    root.strings("addedMountPoints"));
        } catch (DateTimeException | IllegalArgumentException e) {
            throw new CorruptDataException(Failure.of("read " + file, String.valueOf(e.getMessage())), e);
        }
    }

    private static <T> T required(Optional<T> value, String member, String file) throws CorruptDataException {
        if (value.isEmpty()) {
            throw new CorruptDataException(Failure.of("read " + file, "\"" + member + "\" is missing or malformed")
                    .hint("create the container again"));
        }
        return value.get();
    }
}

package io.jrun.runtime.spec;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonNull;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The execution parameters of an image.
 *
 * @param environment in the order of the document; of a name that comes twice the last counts
 * @param user as written; jrun always runs as the caller
 * @param platform "os/architecture", with "/variant" where there is one
 *     <p>Source: OCI image-spec 1.1, config.md, "Properties".
 */
public record ImageSettings(
        List<Variable> environment,
        List<ByteString> entrypoint,
        List<ByteString> command,
        Optional<ByteString> workingDirectory,
        Optional<String> user,
        List<String> volumes,
        Optional<String> platform) {

    /** Where an image file holds the document, seen from its root. */
    public static final String PATH_IN_ROOTFS = "/.jrun/config.json";

    /** Configs with huge build histories stay below one MiB. */
    public static final int MAX_BYTES = 8 << 20;

    /** One variable that the image sets. */
    public record Variable(ByteString name, ByteString value) {}

    public ImageSettings {
        environment = List.copyOf(environment);
        entrypoint = List.copyOf(entrypoint);
        command = List.copyOf(command);
        volumes = List.copyOf(volumes);
    }

    /** Those of a root file system that came without a config. */
    public static ImageSettings none() {
        return new ImageSettings(
                List.of(), List.of(), List.of(), Optional.empty(), Optional.empty(), List.of(), Optional.empty());
    }

    /**
     * Reads an OCI image config.
     *
     * @param what names the document in messages
     */
    public static ImageSettings parse(byte[] document, String what) throws CorruptDataException {
        JsonValue root = Json.parse(document, what);
        if (!(root instanceof JsonObject object)) {
            throw malformed(what, "the document", "an object");
        }
        JsonObject config = section(object, what);
        return new ImageSettings(
                environment(config, what),
                bytes(strings(config, "Entrypoint", what)),
                bytes(strings(config, "Cmd", what)),
                workingDirectory(config, what),
                text(config, "User", what),
                volumes(config, what),
                platform(object, what));
    }

    private static JsonObject section(JsonObject root, String what) throws CorruptDataException {
        JsonValue config = root.members().get("config");
        if (config == null || config instanceof JsonNull) {
            return new JsonObject(Map.of());
        }
        if (config instanceof JsonObject object) {
            return object;
        }
        throw malformed(what, "\"config\"", "an object");
    }

    private static List<Variable> environment(JsonObject config, String what) throws CorruptDataException {
        List<Variable> variables = new ArrayList<>();
        for (String setting : strings(config, "Env", what)) {
            int equals = setting.indexOf('=');
            String name = equals < 0 ? setting : setting.substring(0, equals);
            if (name.isEmpty()) {
                throw malformed(what, "an item of \"Env\"", "NAME=VALUE");
            }
            variables.add(new Variable(
                    byteString(name, what), byteString(equals < 0 ? "" : setting.substring(equals + 1), what)));
        }
        return variables;
    }

    private static Optional<ByteString> workingDirectory(JsonObject config, String what) throws CorruptDataException {
        Optional<String> directory = text(config, "WorkingDir", what);
        if (directory.isEmpty()) {
            return Optional.empty();
        }
        // Relative ones are read as Docker's builder writes them down: from the root.
        String path = directory.get();
        return Optional.of(byteString(path.charAt(0) == '/' ? path : "/" + path, what));
    }

    private static List<String> volumes(JsonObject config, String what) throws CorruptDataException {
        JsonValue volumes = config.members().get("Volumes");
        if (volumes == null || volumes instanceof JsonNull) {
            return List.of();
        }
        if (volumes instanceof JsonObject object) {
            return new ArrayList<>(object.members().keySet());
        }
        throw malformed(what, "\"Volumes\"", "an object");
    }

    private static Optional<String> platform(JsonObject root, String what) throws CorruptDataException {
        Optional<String> os = text(root, "os", what);
        Optional<String> architecture = text(root, "architecture", what);
        Optional<String> variant = text(root, "variant", what);
        if (os.isEmpty() || architecture.isEmpty()) {
            return Optional.empty();
        }
        String pair = os.get() + "/" + architecture.get();
        return Optional.of(variant.isPresent() ? pair + "/" + variant.get() : pair);
    }

    /** Empty for an absent, null or empty member. */
    private static Optional<String> text(JsonObject object, String name, String what) throws CorruptDataException {
        JsonValue value = object.members().get(name);
        if (value == null || value instanceof JsonNull) {
            return Optional.empty();
        }
        if (value instanceof JsonString text) {
            return text.value().isEmpty() ? Optional.empty() : Optional.of(text.value());
        }
        throw malformed(what, "\"" + name + "\"", "a string");
    }

    private static List<String> strings(JsonObject object, String name, String what) throws CorruptDataException {
        JsonValue value = object.members().get(name);
        if (value == null || value instanceof JsonNull) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (value instanceof JsonArray array) {
            for (JsonValue item : array.items()) {
                if (!(item instanceof JsonString text)) {
                    throw malformed(what, "an item of \"" + name + "\"", "a string");
                }
                texts.add(text.value());
            }
            return texts;
        }
        throw malformed(what, "\"" + name + "\"", "an array of strings");
    }

    private static List<ByteString> bytes(List<String> texts) throws CorruptDataException {
        List<ByteString> result = new ArrayList<>();
        for (String text : texts) {
            result.add(byteString(text, "the image's config"));
        }
        return result;
    }

    private static ByteString byteString(String text, String what) throws CorruptDataException {
        if (text.indexOf('\0') >= 0) {
            throw malformed(what, "a string", "text without 0x00");
        }
        return ByteString.of(text);
    }

    private static CorruptDataException malformed(String what, String where, String expected) {
        return new CorruptDataException(Failure.of("read " + what, where + " is not " + expected)
                .hint("import the image again with `jrun import`"));
    }
}

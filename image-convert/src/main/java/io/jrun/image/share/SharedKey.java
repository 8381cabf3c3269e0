package io.jrun.image.share;

import io.jrun.image.reference.Digest;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Names what determines the bytes of an image file: equal keys, equal files.
 *
 * @param hex 64 digits
 * @param extension of the file, without its dot
 */
public record SharedKey(String hex, String extension) {

    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern EXTENSION = Pattern.compile("[a-z0-9.]{1,16}");

    public SharedKey {
        if (!HEX.matcher(hex).matches() || !EXTENSION.matcher(extension).matches()) {
            throw new IllegalArgumentException("no key: " + hex + "." + extension);
        }
    }

    /** @param facts all that determines the bytes, by name; their order does not matter */
    public static SharedKey of(Map<String, String> facts, String extension) {
        Map<String, JsonValue> members = new TreeMap<>();
        facts.forEach((name, value) -> members.put(name, JsonValue.of(value)));
        return new SharedKey(
                Digest.sha256(Json.toBytes(new JsonValue.JsonObject(members))).hex(), extension);
    }

    String fileName() {
        return hex + "." + extension;
    }
}

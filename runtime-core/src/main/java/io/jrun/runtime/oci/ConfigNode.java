package io.jrun.runtime.oci;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonBoolean;
import io.jrun.json.JsonValue.JsonNull;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A property of config.json that knows its name. A property of another type than the runtime-spec gives it is an error,
 * never absent.
 *
 * @param name as the spec writes it, "linux.resources.memory"; empty for the document
 */
record ConfigNode(String name, JsonValue value) {

    private static final String READ = "read config.json";

    /** Empty when absent or null. */
    Optional<ConfigNode> member(String key) throws CorruptDataException {
        if (!(value instanceof JsonObject object)) {
            throw malformed("no object");
        }
        JsonValue found = object.members().get(key);
        return found == null || found instanceof JsonNull
                ? Optional.empty()
                : Optional.of(new ConfigNode(name.isEmpty() ? key : name + "." + key, found));
    }

    /** An empty object when absent. */
    ConfigNode object(String key) throws CorruptDataException {
        return member(key).orElse(new ConfigNode(name.isEmpty() ? key : name + "." + key, new JsonObject(Map.of())));
    }

    ConfigNode required(String key) throws CorruptDataException {
        Optional<ConfigNode> found = member(key);
        if (found.isEmpty()) {
            throw new CorruptDataException(Failure.of(READ, (name.isEmpty() ? key : name + "." + key) + " is missing"));
        }
        return found.get();
    }

    String text() throws CorruptDataException {
        if (value instanceof JsonString text && text.value().indexOf('\0') < 0) {
            return text.value();
        }
        throw malformed("no string");
    }

    long number() throws CorruptDataException {
        if (value instanceof JsonNumber number) {
            try {
                return number.value().longValueExact();
            } catch (ArithmeticException tooLarge) {
                return unsigned(number);
            }
        }
        throw malformed("no number");
    }

    /** The upper half of uint64 as the negative numbers that have the same bits. */
    private long unsigned(JsonNumber number) throws CorruptDataException {
        boolean whole = number.value().stripTrailingZeros().scale() <= 0;
        if (whole
                && number.value().signum() > 0
                && number.value().toBigInteger().bitLength() <= Long.SIZE) {
            return number.value().toBigInteger().longValue();
        }
        throw malformed("no number of 64 bits");
    }

    boolean flag(String key) throws CorruptDataException {
        Optional<ConfigNode> found = member(key);
        if (found.isEmpty()) {
            return false;
        }
        if (found.get().value() instanceof JsonBoolean flag) {
            return flag.value();
        }
        throw found.get().malformed("neither true nor false");
    }

    Optional<String> string(String key) throws CorruptDataException {
        Optional<ConfigNode> found = member(key);
        return found.isPresent() ? Optional.of(found.get().text()) : Optional.empty();
    }

    OptionalLong integer(String key) throws CorruptDataException {
        Optional<ConfigNode> found = member(key);
        return found.isPresent() ? OptionalLong.of(found.get().number()) : OptionalLong.empty();
    }

    long id(String key) throws CorruptDataException {
        OptionalLong found = integer(key);
        if (found.isPresent() && (found.getAsLong() < 0 || found.getAsLong() > 0xffff_fffeL)) {
            throw required(key).malformed("no id of 32 bits");
        }
        return found.orElse(0);
    }

    List<ConfigNode> items(String key) throws CorruptDataException {
        Optional<ConfigNode> found = member(key);
        if (found.isEmpty()) {
            return List.of();
        }
        if (!(found.get().value() instanceof JsonArray array)) {
            throw found.get().malformed("no array");
        }
        List<ConfigNode> items = new ArrayList<>();
        for (JsonValue item : array.items()) {
            items.add(new ConfigNode(found.get().name() + "[" + items.size() + "]", item));
        }
        return items;
    }

    List<String> strings(String key) throws CorruptDataException {
        List<String> strings = new ArrayList<>();
        for (ConfigNode item : items(key)) {
            strings.add(item.text());
        }
        return strings;
    }

    Map<String, String> stringMap(String key) throws CorruptDataException {
        Map<String, String> map = new LinkedHashMap<>();
        Optional<ConfigNode> found = member(key);
        if (found.isPresent()) {
            for (String each : found.get().keys()) {
                map.put(each, found.get().required(each).text());
            }
        }
        return map;
    }

    List<String> keys() throws CorruptDataException {
        if (value instanceof JsonObject object) {
            return List.copyOf(object.members().keySet());
        }
        throw malformed("no object");
    }

    /** Whether it says anything: not what stands for "unset" or "unlimited" in the spec's own examples. */
    boolean isDemand() {
        if (value instanceof JsonObject object) {
            return object.members().entrySet().stream()
                    .anyMatch(member -> new ConfigNode(member.getKey(), member.getValue()).isDemand());
        } else if (value instanceof JsonArray array) {
            return !array.items().isEmpty();
        } else if (value instanceof JsonNumber number) {
            return number.value().signum() > 0;
        } else if (value instanceof JsonString text) {
            return !text.value().isEmpty();
        }
        return value instanceof JsonBoolean flag && flag.value();
    }

    CorruptDataException malformed(String why) {
        String subject = name.isEmpty() ? "the document" : name;
        return new CorruptDataException(Failure.of(READ, subject + " is " + why)
                .hint("see the OCI runtime-spec, config.md and config-linux.md"));
    }

    UsageException unsupported(String why) {
        return new UsageException(Failure.of("use the bundle", name + ": " + why + " (ENOTSUP)")
                .hint("take it out of config.json, or use a runtime that has it"));
    }
}

package io.jrun.json;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** One JSON value. Objects keep the order of their members; everything is immutable. Source: RFC 8259. */
public sealed interface JsonValue {

    record JsonNull() implements JsonValue {}

    record JsonBoolean(boolean value) implements JsonValue {}

    record JsonNumber(BigDecimal value) implements JsonValue {}

    record JsonString(String value) implements JsonValue {}

    record JsonArray(List<JsonValue> items) implements JsonValue {
        public JsonArray {
            items = List.copyOf(items);
        }
    }

    record JsonObject(Map<String, JsonValue> members) implements JsonValue {
        public JsonObject {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }
    }

    static JsonValue of(String value) {
        return new JsonString(value);
    }

    static JsonValue of(long value) {
        return new JsonNumber(BigDecimal.valueOf(value));
    }

    static JsonValue of(boolean value) {
        return new JsonBoolean(value);
    }

    static JsonValue ofStrings(Iterable<String> values) {
        List<JsonValue> items = new ArrayList<>();
        values.forEach(value -> items.add(of(value)));
        return new JsonArray(items);
    }

    /** The member of an object; empty when absent, null, or when this is no object. */
    default Optional<JsonValue> member(String name) {
        return this instanceof JsonObject object
                ? Optional.ofNullable(object.members().get(name)).filter(value -> !(value instanceof JsonNull))
                : Optional.empty();
    }

    /** The string member; empty when absent or of another type. */
    default Optional<String> string(String name) {
        return member(name)
                .flatMap(value -> value instanceof JsonString text ? Optional.of(text.value()) : Optional.empty());
    }

    /** The integral member; empty when absent, of another type, fractional, or outside the range of long. */
    default OptionalLong integer(String name) {
        Optional<JsonValue> value = member(name);
        if (value.isPresent() && value.get() instanceof JsonNumber number) {
            try {
                return OptionalLong.of(number.value().longValueExact());
            } catch (ArithmeticException notALong) {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    /** The items of an array member; an empty list when absent or of another type. */
    default List<JsonValue> array(String name) {
        return member(name)
                .map(value -> value instanceof JsonArray array ? array.items() : List.<JsonValue>of())
                .orElse(List.of());
    }

    /** The strings of an array member; items of other types are left out. */
    default List<String> strings(String name) {
        return array(name).stream()
                .filter(JsonString.class::isInstance)
                .map(item -> ((JsonString) item).value())
                .toList();
    }

    /** The string members of an object member, in order; members of other types are left out. */
    default Map<String, String> stringMap(String name) {
        Map<String, String> result = new LinkedHashMap<>();
        member(name).ifPresent(value -> {
            if (value instanceof JsonObject object) {
                object.members().forEach((key, item) -> {
                    if (item instanceof JsonString text) {
                        result.put(key, text.value());
                    }
                });
            }
        });
        return Collections.unmodifiableMap(result);
    }
}

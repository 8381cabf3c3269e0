package io.jrun.image.model;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.reference.Digest;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Members of one JSON object with their types checked; an absent member and a null one are the same. */
final class DocumentReader {

    private final JsonValue.JsonObject object;
    private final String what;

    private DocumentReader(JsonValue.JsonObject object, String what) {
        this.object = object;
        this.what = what;
    }

    static DocumentReader parse(byte[] document, int maxSizeInBytes, String what) throws CorruptDataException {
        if (document.length > maxSizeInBytes) {
            throw new CorruptDataException(
                    Failure.of("read " + what, "it has " + document.length + " bytes, more than " + maxSizeInBytes));
        }
        return of(Json.parse(document, what), what);
    }

    static DocumentReader of(JsonValue value, String what) throws CorruptDataException {
        if (value instanceof JsonValue.JsonObject object) {
            return new DocumentReader(object, what);
        }
        throw new CorruptDataException(Failure.of("read " + what, "it is no JSON object"));
    }

    CorruptDataException malformed(String why) {
        return new CorruptDataException(Failure.of("read " + what, why));
    }

    boolean has(String name) {
        return object.member(name).isPresent();
    }

    Optional<String> string(String name) throws CorruptDataException {
        Optional<JsonValue> member = object.member(name);
        if (member.isEmpty()) {
            return Optional.empty();
        }
        if (member.get() instanceof JsonValue.JsonString text) {
            return Optional.of(text.value());
        }
        throw malformed("\"" + name + "\" is no string");
    }

    /** Empty too when the string is: that is how Go programs write an unset value. */
    Optional<String> text(String name) throws CorruptDataException {
        return string(name).filter(value -> !value.isEmpty());
    }

    boolean flag(String name) throws CorruptDataException {
        Optional<JsonValue> member = object.member(name);
        if (member.isEmpty()) {
            return false;
        }
        if (member.get() instanceof JsonValue.JsonBoolean flag) {
            return flag.value();
        }
        throw malformed("\"" + name + "\" is neither true nor false");
    }

    long size(String name) throws CorruptDataException {
        long size = object.integer(name).orElseThrow(() -> malformed("\"" + name + "\" is missing or no integer"));
        if (size < 0) {
            throw malformed("\"" + name + "\" is negative: " + size);
        }
        return size;
    }

    Digest digest(String name) throws CorruptDataException {
        String text = string(name).orElseThrow(() -> malformed("\"" + name + "\" is missing"));
        return digestOf(text);
    }

    private Digest digestOf(String text) throws CorruptDataException {
        return Digest.parse(text).orElseThrow(() -> malformed("\"" + text + "\" is no sha256 or sha512 digest"));
    }

    List<Digest> digests(String name) throws CorruptDataException {
        List<Digest> digests = new ArrayList<>();
        for (String text : strings(name)) {
            digests.add(digestOf(text));
        }
        return digests;
    }

    List<String> strings(String name) throws CorruptDataException {
        List<String> strings = new ArrayList<>();
        for (JsonValue item : array(name)) {
            if (!(item instanceof JsonValue.JsonString text)) {
                throw malformed("\"" + name + "\" holds something that is no string");
            }
            strings.add(text.value());
        }
        return strings;
    }

    private List<JsonValue> array(String name) throws CorruptDataException {
        Optional<JsonValue> member = object.member(name);
        if (member.isEmpty()) {
            return List.of();
        }
        if (member.get() instanceof JsonValue.JsonArray array) {
            return array.items();
        }
        throw malformed("\"" + name + "\" is no array");
    }

    List<DocumentReader> objects(String name) throws CorruptDataException {
        List<DocumentReader> objects = new ArrayList<>();
        for (JsonValue item : array(name)) {
            objects.add(of(item, what + ", \"" + name + "\" number " + (objects.size() + 1)));
        }
        return objects;
    }

    Optional<DocumentReader> object(String name) throws CorruptDataException {
        Optional<JsonValue> member = object.member(name);
        return member.isEmpty() ? Optional.empty() : Optional.of(of(member.get(), what + ", \"" + name + "\""));
    }

    Map<String, String> stringMap(String name) throws CorruptDataException {
        Map<String, String> map = new LinkedHashMap<>();
        Optional<DocumentReader> member = object(name);
        if (member.isPresent()) {
            for (String key : member.get().object.members().keySet()) {
                map.put(key, member.get().string(key).orElse(""));
            }
        }
        return map;
    }

    /** The keys of an object whose values say nothing, which is how the config writes sets. */
    List<String> keys(String name) throws CorruptDataException {
        Optional<DocumentReader> member = object(name);
        return member.map(reader -> List.copyOf(reader.object.members().keySet()))
                .orElse(List.of());
    }
}

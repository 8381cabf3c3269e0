package io.jrun.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and writes {@link JsonValue}s. */
public final class Json {

    /** Real manifests and configs nest below ten levels; deeper input is an attack on the stack. */
    private static final int MAX_DEPTH = 64;

    /** The longest text in one value; image configs with huge build histories stay below one MiB. */
    private static final int MAX_STRING_LENGTH = 8 << 20;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_STRING_LENGTH)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private Json() {}

    /**
     * Parses one document, with nothing but white space behind it.
     *
     * @param what names the document in messages ("manifest of lab/solver:2.1")
     * @throws CorruptDataException when it is not well-formed JSON within the limits; the text has line and column
     */
    public static JsonValue parse(byte[] document, String what) throws CorruptDataException {
        try (JsonParser parser = FACTORY.createParser(document)) {
            if (parser.nextToken() == null) {
                throw new CorruptDataException(Failure.of("read " + what, "it is empty"));
            }
            JsonValue value = read(parser);
            if (parser.nextToken() != null) {
                throw new CorruptDataException(Failure.of("read " + what, "there is text behind the JSON document"));
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new CorruptDataException(Failure.of("read " + what, "it is not well-formed JSON: " + describe(e)), e);
        } catch (CorruptDataException e) {
            throw e;
        } catch (IOException e) {
            // Memory cannot fail to be read: these bytes are no text in any encoding of JSON.
            throw new CorruptDataException(
                    Failure.of("read " + what, "it is not well-formed JSON: " + e.getMessage()), e);
        }
    }

    private static String describe(JsonProcessingException e) {
        String place = e.getLocation() == null
                ? ""
                : " at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        return e.getOriginalMessage() + place;
    }

    private static JsonValue read(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> readObject(parser);
            case START_ARRAY -> readArray(parser);
            case VALUE_STRING -> new JsonValue.JsonString(parser.getText());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonValue.JsonNumber(parser.getDecimalValue());
            case VALUE_TRUE -> new JsonValue.JsonBoolean(true);
            case VALUE_FALSE -> new JsonValue.JsonBoolean(false);
            case VALUE_NULL -> new JsonValue.JsonNull();
            default -> throw new IllegalStateException("unexpected token " + parser.currentToken());
        };
    }

    private static JsonValue readObject(JsonParser parser) throws IOException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            members.put(name, read(parser));
        }
        return new JsonValue.JsonObject(members);
    }

    private static JsonValue readArray(JsonParser parser) throws IOException {
        List<JsonValue> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(read(parser));
        }
        return new JsonValue.JsonArray(items);
    }

    /** One line of UTF-8 without a final line feed. */
    public static byte[] toBytes(JsonValue value) {
        return print(value, false);
    }

    /** Indented text for people, without a final line feed. */
    public static String toPrettyText(JsonValue value) {
        return new String(print(value, true), StandardCharsets.UTF_8);
    }

    private static byte[] print(JsonValue value, boolean pretty) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator generator = FACTORY.createGenerator(out)) {
            if (pretty) {
                generator.useDefaultPrettyPrinter();
            }
            write(generator, value);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return out.toByteArray();
    }

    private static void write(JsonGenerator generator, JsonValue value) throws IOException {
        if (value instanceof JsonValue.JsonObject object) {
            generator.writeStartObject();
            for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
                generator.writeFieldName(member.getKey());
                write(generator, member.getValue());
            }
            generator.writeEndObject();
        } else if (value instanceof JsonValue.JsonArray array) {
            generator.writeStartArray();
            for (JsonValue item : array.items()) {
                write(generator, item);
            }
            generator.writeEndArray();
        } else if (value instanceof JsonValue.JsonString text) {
            generator.writeString(text.value());
        } else if (value instanceof JsonValue.JsonNumber number) {
            generator.writeNumber(number.value());
        } else if (value instanceof JsonValue.JsonBoolean bool) {
            generator.writeBoolean(bool.value());
        } else {
            generator.writeNull();
        }
    }
}

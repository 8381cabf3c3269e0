package io.jrun.cli.look;

import io.jrun.cli.progress.Amounts;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * An inspection for people: objects indented below their name, layers and platforms a line each, arrays of simple values
 * in one line as JSON. Texts of the image cannot steer the terminal.
 */
final class InspectionText {

    /** Whole documents, for programs. */
    private static final Set<String> LEFT_OUT = Set.of("schemaVersion", "manifest", "config");

    private InspectionText() {}

    static String of(JsonValue facts) {
        List<String> lines = new ArrayList<>();
        if (facts instanceof JsonObject object) {
            object.members().forEach((name, value) -> {
                if (!LEFT_OUT.contains(name)) {
                    add(lines, "", name, value);
                }
            });
        } else {
            lines.add(inOneLine(facts));
        }
        return String.join("\n", lines);
    }

    private static void add(List<String> lines, String indent, String name, JsonValue value) {
        if (value instanceof JsonObject inner) {
            lines.add(indent + printable(name) + ":");
            for (Map.Entry<String, JsonValue> member : inner.members().entrySet()) {
                add(lines, indent + "  ", member.getKey(), member.getValue());
            }
        } else if (name.equals("layers") && value instanceof JsonArray layers && areObjects(layers)) {
            lines.add(indent + "layers:");
            layers.items().forEach(layer -> lines.add(indent + "  " + layer(layer)));
        } else if (name.equals("platforms") && value instanceof JsonArray platforms && areObjects(platforms)) {
            lines.add(indent + "platforms:");
            platforms.items().forEach(entry -> lines.add(indent + "  " + platform(entry)));
        } else if (name.equals("sizeInBytes") && value instanceof JsonNumber number) {
            long bytes = number.value().longValue();
            lines.add(indent + "size: " + Amounts.bytes(bytes) + " (" + bytes + " bytes)");
        } else {
            lines.add(indent + printable(name) + ": " + inOneLine(value));
        }
    }

    private static boolean areObjects(JsonArray array) {
        return array.items().stream().allMatch(JsonObject.class::isInstance);
    }

    private static String layer(JsonValue layer) {
        String size = Amounts.bytes(layer.integer("sizeInBytes").orElse(0));
        String line =
                String.format(Locale.ROOT, "%s %8s", layer.string("digest").orElse("-"), size);
        return printable(
                line + layer.string("createdBy").map(step -> "  " + step).orElse(""));
    }

    private static String platform(JsonValue entry) {
        return printable(String.format(
                Locale.ROOT,
                "%-16s %s",
                entry.string("platform").orElse("-"),
                entry.string("digest").orElse("-")));
    }

    private static String inOneLine(JsonValue value) {
        return printable(
                value instanceof JsonString text
                        ? text.value()
                        : new String(Json.toBytes(value), StandardCharsets.UTF_8));
    }

    private static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                out.appendCodePoint(c);
            }
        });
        return out.toString();
    }
}

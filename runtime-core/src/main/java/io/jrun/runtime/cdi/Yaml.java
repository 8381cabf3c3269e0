package io.jrun.runtime.cdi;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonBoolean;
import io.jrun.json.JsonValue.JsonNull;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** YAML as the JSON it stands for: the JSON schema of YAML 1.2, no tags, no keys but texts, no aliases without end. */
final class Yaml {

    /** Specs have no aliases at all; this many cannot blow a document up. */
    private static final int MAX_ALIASES = 20;

    private static final int MAX_DEPTH = 64;

    private Yaml() {}

    static JsonValue parse(byte[] document, String name) throws CorruptDataException {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(MAX_ALIASES)
                .setAllowRecursiveKeys(false)
                .build();
        try {
            return toJson(new Load(settings).loadFromString(new String(document, StandardCharsets.UTF_8)), 0, name);
        } catch (YamlEngineException | ClassCastException | StackOverflowError malformed) {
            String text = String.valueOf(malformed.getMessage())
                    .replaceAll("\\s+", " ")
                    .strip();
            throw new CorruptDataException(Failure.of("read " + name, "it is no valid YAML: " + text), malformed);
        }
    }

    private static JsonValue toJson(Object value, int depth, String name) throws CorruptDataException {
        if (depth > MAX_DEPTH) {
            throw new CorruptDataException(Failure.of("read " + name, "its values lie too deep in each other (YAML)"));
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                members.put(String.valueOf(entry.getKey()), toJson(entry.getValue(), depth + 1, name));
            }
            return new JsonObject(members);
        } else if (value instanceof List<?> list) {
            List<JsonValue> items = new ArrayList<>();
            for (Object item : list) {
                items.add(toJson(item, depth + 1, name));
            }
            return new JsonArray(items);
        } else if (value instanceof Boolean flag) {
            return new JsonBoolean(flag);
        } else if (value instanceof Integer || value instanceof Long || value instanceof java.math.BigInteger) {
            return new JsonNumber(new BigDecimal(value.toString()));
        }
        return value == null ? new JsonNull() : new JsonString(value.toString());
    }

    /** Block style, strings quoted where YAML needs it. */
    static String print(JsonValue value) {
        DumpSettings settings = DumpSettings.builder()
                .setDefaultFlowStyle(FlowStyle.BLOCK)
                .setWidth(4096)
                .setIndicatorIndent(2)
                .setIndentWithIndicator(true)
                .setIndent(2)
                .build();
        return new Dump(settings).dumpToString(toPlain(value));
    }

    private static Object toPlain(JsonValue value) {
        if (value instanceof JsonObject object) {
            Map<String, Object> members = new LinkedHashMap<>();
            object.members().forEach((name, member) -> members.put(name, toPlain(member)));
            return members;
        } else if (value instanceof JsonArray array) {
            return array.items().stream().map(Yaml::toPlain).toList();
        } else if (value instanceof JsonNumber number) {
            return number.value().toBigInteger();
        } else if (value instanceof JsonBoolean flag) {
            return flag.value();
        }
        return value instanceof JsonString text ? text.value() : "";
    }
}

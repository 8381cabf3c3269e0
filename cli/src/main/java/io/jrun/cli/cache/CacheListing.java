package io.jrun.cli.cache;

import io.jrun.cli.console.TextTable;
import io.jrun.cli.progress.Amounts;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints entries of the cache. */
final class CacheListing {

    private CacheListing() {}

    static JsonArray json(List<CacheEntry> entries) {
        return new JsonArray(entries.stream().map(CacheListing::json).toList());
    }

    private static JsonValue json(CacheEntry entry) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("kind", JsonValue.of(entry.kind().label()));
        members.put("name", JsonValue.of(entry.name()));
        members.put("bytes", JsonValue.of(entry.sizeInBytes()));
        members.put(
                "lastUse",
                JsonValue.of(entry.lastUse().truncatedTo(ChronoUnit.SECONDS).toString()));
        members.put("file", JsonValue.of(entry.file().toString()));
        return new JsonObject(members);
    }

    static String table(List<CacheEntry> entries) {
        TextTable table = new TextTable("KIND", "SIZE", "LAST USE", "NAME").withNumbers("SIZE");
        for (CacheEntry entry : entries) {
            table.add(
                    entry.kind().label(),
                    Amounts.bytes(entry.sizeInBytes()),
                    entry.lastUse().truncatedTo(ChronoUnit.SECONDS).toString(),
                    entry.name());
        }
        return table.toString();
    }
}

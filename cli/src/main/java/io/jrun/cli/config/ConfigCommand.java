package io.jrun.cli.config;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.console.TextTable;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.EnvironmentFile;
import io.jrun.runtime.config.FstabEntry;
import io.jrun.runtime.config.Setting;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun config}. */
@Command(
        name = "config",
        description = "Show what is configured, and where.",
        footer = {
            "",
            "Later places outweigh earlier ones: /etc/jrun/config, /etc/jrun/config.d/*.conf, the same",
            "in $XDG_CONFIG_HOME/jrun, variables JRUN_KEY, options.",
            "",
            "Example:",
            "  jrun config --format json"
        })
public final class ConfigCommand implements Callable<Integer> {

    private final Console console;
    private final ConfigOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    public ConfigCommand(Console console, ConfigOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        List<Row> rows = rows(operations.configuration());
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(json(rows)) : text(rows));
        return ExitCode.SUCCESS.number();
    }

    private record Row(String kind, String name, String value, String origin) {}

    private static List<Row> rows(Configuration configuration) {
        List<Row> rows = new ArrayList<>();
        for (Setting setting : configuration.effective()) {
            rows.add(new Row("key", setting.key().word(), setting.value(), setting.origin()));
        }
        for (EnvironmentFile.Entry entry : configuration.environment()) {
            String value = entry.value().map(ByteString::toString).orElse("(yours)");
            rows.add(new Row("variable", entry.name().toString(), value, entry.origin()));
        }
        for (FstabEntry mount : configuration.mounts()) {
            String value = mount.source() + " " + mount.type() + " " + mount.options();
            rows.add(new Row("mount", mount.target().toString(), value, mount.origin()));
        }
        for (ByteString hook : configuration.hooks()) {
            String path = hook.toString();
            rows.add(new Row("hook", path.substring(path.lastIndexOf('/') + 1), path, "hooks.d"));
        }
        return rows;
    }

    private static String text(List<Row> rows) {
        TextTable table = new TextTable("KIND", "NAME", "VALUE", "ORIGIN");
        rows.forEach(row -> table.add(row.kind, row.name, row.value, row.origin));
        return table.toString();
    }

    private static JsonValue json(List<Row> rows) {
        List<JsonValue> items = new ArrayList<>();
        for (Row row : rows) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("kind", JsonValue.of(row.kind));
            members.put("name", JsonValue.of(row.name));
            members.put("value", JsonValue.of(row.value));
            members.put("origin", JsonValue.of(row.origin));
            items.add(new JsonObject(members));
        }
        return new JsonArray(items);
    }
}

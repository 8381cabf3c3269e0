package io.jrun.cli.config;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
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
        List<List<String>> rows = rows(operations.configuration());
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(json(rows)) : String.join("\n", lines(rows)));
        return ExitCode.SUCCESS.number();
    }

    /** Kind, name, value, origin. */
    private static List<List<String>> rows(Configuration configuration) {
        List<List<String>> rows = new ArrayList<>();
        for (Setting setting : configuration.effective()) {
            rows.add(List.of("key", setting.key().word(), setting.value(), setting.origin()));
        }
        for (EnvironmentFile.Entry entry : configuration.environment()) {
            String value = entry.value().map(ByteString::toString).orElse("(yours)");
            rows.add(List.of("variable", entry.name().toString(), value, entry.origin()));
        }
        for (FstabEntry mount : configuration.mounts()) {
            String value = mount.source() + " " + mount.type() + " " + mount.options();
            rows.add(List.of("mount", mount.target().toString(), value, mount.origin()));
        }
        for (ByteString hook : configuration.hooks()) {
            String path = hook.toString();
            rows.add(List.of("hook", path.substring(path.lastIndexOf('/') + 1), path, "hooks.d"));
        }
        return rows;
    }

    private static List<String> lines(List<List<String>> rows) {
        List<List<String>> table = new ArrayList<>();
        table.add(List.of("KIND", "NAME", "VALUE", "ORIGIN"));
        table.addAll(rows);
        int[] widths = new int[4];
        for (List<String> row : table) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : table) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private static JsonValue json(List<List<String>> rows) {
        List<JsonValue> items = new ArrayList<>();
        for (List<String> row : rows) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("kind", JsonValue.of(row.get(0)));
            members.put("name", JsonValue.of(row.get(1)));
            members.put("value", JsonValue.of(row.get(2)));
            members.put("origin", JsonValue.of(row.get(3)));
            items.add(new JsonObject(members));
        }
        return new JsonArray(items);
    }
}

package io.jrun.cli.container;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun list}. */
@Command(
        name = "list",
        description = "List the containers.",
        footer = {"", "Example:", "  jrun list --format json"})
public final class ListCommand implements Callable<Integer> {

    private final Console console;
    private final ContainerOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    public ListCommand(Console console, ContainerOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        List<ContainerSummary> containers = operations.containers();
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(json(containers)));
        } else if (!containers.isEmpty()) {
            console.result(table(containers));
        }
        return ExitCode.SUCCESS.number();
    }

    private static JsonValue json(List<ContainerSummary> containers) {
        List<JsonValue> items = new ArrayList<>();
        for (ContainerSummary container : containers) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("name", JsonValue.of(container.name()));
            container.image().ifPresent(image -> members.put("image", JsonValue.of(image)));
            container.created().ifPresent(created -> members.put("created", JsonValue.of(created.toString())));
            items.add(new JsonValue.JsonObject(members));
        }
        return new JsonValue.JsonArray(items);
    }

    private static String table(List<ContainerSummary> containers) {
        int width =
                containers.stream().mapToInt(each -> each.name().length()).max().orElse(0);
        width = Math.max(width, "NAME".length());
        String pattern = "%-" + width + "s  %-20s  %s";
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, pattern, "NAME", "CREATED", "IMAGE"));
        for (ContainerSummary container : containers) {
            String created = container
                    .created()
                    .map(time -> time.truncatedTo(ChronoUnit.SECONDS))
                    .map(Instant::toString)
                    .orElse("-");
            lines.add(String.format(
                    Locale.ROOT,
                    pattern,
                    container.name(),
                    created,
                    container.image().orElse("-")));
        }
        return String.join("\n", lines);
    }
}

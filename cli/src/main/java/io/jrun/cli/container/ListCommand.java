package io.jrun.cli.container;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.console.TextTable;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jrun list}. */
@Command(
        name = "list",
        description = "List the containers, or those that run.",
        footer = {"", "Example:", "  jrun list --running --format json"})
public final class ListCommand implements Callable<Integer> {

    private final Console console;
    private final ContainerOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(
            names = "--running",
            description = "List your containers that run instead: what was started, its process ID, start and command.")
    private boolean running;

    @Mixin
    private FormatOption format = new FormatOption();

    public ListCommand(Console console, ContainerOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        if (running) {
            showRunning(chosen);
            return ExitCode.SUCCESS.number();
        }
        List<ContainerSummary> containers = operations.containers();
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(json(containers)));
        } else if (!containers.isEmpty()) {
            console.result(table(containers));
        }
        return ExitCode.SUCCESS.number();
    }

    private void showRunning(OutputFormat chosen) throws IOException {
        List<RunningSummary> containers = operations.running();
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(runningJson(containers)));
        } else if (!containers.isEmpty()) {
            console.result(runningTable(containers));
        }
    }

    private static JsonValue runningJson(List<RunningSummary> containers) {
        List<JsonValue> items = new ArrayList<>();
        for (RunningSummary container : containers) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("name", JsonValue.of(container.name()));
            members.put("pid", JsonValue.of(container.pid()));
            container.image().ifPresent(image -> members.put("image", JsonValue.of(image)));
            members.put("started", JsonValue.of(container.started().toString()));
            members.put("command", JsonValue.ofStrings(container.command()));
            container.job().ifPresent(job -> members.put("job", JsonValue.of(job)));
            items.add(new JsonValue.JsonObject(members));
        }
        return new JsonValue.JsonArray(items);
    }

    private static String runningTable(List<RunningSummary> containers) {
        TextTable table = new TextTable("NAME", "PID", "STARTED", "JOB", "COMMAND").withNumbers("PID");
        for (RunningSummary container : containers) {
            table.add(
                    container.name(),
                    Long.toString(container.pid()),
                    container.started().truncatedTo(ChronoUnit.SECONDS).toString(),
                    container.job().orElse("-"),
                    String.join(" ", container.command()).replaceAll("\\p{Cntrl}", "?"));
        }
        return table.toString();
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
        TextTable table = new TextTable("NAME", "CREATED", "IMAGE");
        for (ContainerSummary container : containers) {
            String created = container
                    .created()
                    .map(time -> time.truncatedTo(ChronoUnit.SECONDS))
                    .map(Instant::toString)
                    .orElse("-");
            table.add(container.name(), created, container.image().orElse("-"));
        }
        return table.toString();
    }
}

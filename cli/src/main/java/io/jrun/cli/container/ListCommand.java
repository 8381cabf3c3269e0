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
        int width = "NAME".length();
        int jobWidth = "JOB".length();
        for (RunningSummary container : containers) {
            width = Math.max(width, container.name().length());
            jobWidth = Math.max(jobWidth, container.job().orElse("-").length());
        }
        String pattern = "%-" + width + "s  %8s  %-20s  %-" + jobWidth + "s  %s";
        List<String> lines = new ArrayList<>();
        lines.add(String.format(Locale.ROOT, pattern, "NAME", "PID", "STARTED", "JOB", "COMMAND"));
        for (RunningSummary container : containers) {
            lines.add(String.format(
                    Locale.ROOT,
                    pattern,
                    container.name(),
                    container.pid(),
                    container.started().truncatedTo(ChronoUnit.SECONDS),
                    container.job().orElse("-"),
                    String.join(" ", container.command()).replaceAll("\\p{Cntrl}", "?")));
        }
        return String.join("\n", lines);
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

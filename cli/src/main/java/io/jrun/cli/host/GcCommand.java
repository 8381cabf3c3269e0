package io.jrun.cli.host;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.host.Cleaning.Kept;
import io.jrun.cli.host.HostOperations.Effect;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun gc}. */
@Command(
        name = "gc",
        description = {
            "Remove what killed processes left behind.",
            "Containers, images and whole downloads stay, and so does whatever a process of any host may still be"
                    + " writing. Each thing removed is a line: its kind, its path."
        },
        footer = {"", "Example:", "  jrun gc --dry-run /scratch/images"})
public final class GcCommand implements Callable<Integer> {

    private final Console console;
    private final HostOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    @Option(names = "--dry-run", description = "Only tell what would go.")
    private boolean dryRun;

    @Parameters(
            arity = "0..*",
            paramLabel = "DIRECTORY",
            description = "Where images were written to; the working directory by default.")
    private List<Path> directories = List.of();

    public GcCommand(Console console, HostOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        List<Path> places = directories.isEmpty() ? List.of(Path.of("").toAbsolutePath()) : directories;
        Cleaning cleaning = operations.clean(places, dryRun ? Effect.ONLY_TELL : Effect.REMOVE);
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(json(cleaning)));
        } else if (!cleaning.removed().isEmpty()) {
            console.result(text(cleaning.removed()));
        }
        for (Kept kept : cleaning.kept()) {
            console.err().println("jrun: left " + kept.leftover().path() + ": " + kept.why());
        }
        return ExitCode.SUCCESS.number();
    }

    private static String text(List<Leftover> removed) {
        List<String> lines = new ArrayList<>();
        for (Leftover leftover : removed) {
            lines.add(String.format(Locale.ROOT, "%-9s  %s", leftover.kind().label(), leftover.path()));
        }
        return String.join("\n", lines);
    }

    private static JsonValue json(Cleaning cleaning) {
        List<JsonValue> removed = new ArrayList<>();
        cleaning.removed().forEach(leftover -> removed.add(new JsonObject(members(leftover))));
        List<JsonValue> kept = new ArrayList<>();
        for (Kept each : cleaning.kept()) {
            Map<String, JsonValue> members = members(each.leftover());
            members.put("why", JsonValue.of(each.why()));
            kept.add(new JsonObject(members));
        }
        Map<String, JsonValue> root = new LinkedHashMap<>();
        root.put("removed", new JsonArray(removed));
        root.put("kept", new JsonArray(kept));
        return new JsonObject(root);
    }

    private static Map<String, JsonValue> members(Leftover leftover) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("kind", JsonValue.of(leftover.kind().label()));
        members.put("path", JsonValue.of(leftover.path().toString()));
        return members;
    }
}

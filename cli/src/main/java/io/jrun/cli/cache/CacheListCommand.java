package io.jrun.cli.cache;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun cache list}. */
@Command(
        name = "list",
        description =
                "List blobs, partial downloads, image files, records of layers and plans, the most recently used first.",
        footer = {"", "Example:", "  jrun cache list --format json"})
final class CacheListCommand implements Callable<Integer> {

    private final Console console;
    private final CacheOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    CacheListCommand(Console console, CacheOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        List<CacheEntry> entries = operations.cached();
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(CacheListing.json(entries)));
        } else if (!entries.isEmpty()) {
            console.result(CacheListing.table(entries));
        }
        return ExitCode.SUCCESS.number();
    }
}

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

/** {@code jrun cache verify}. */
@Command(
        name = "verify",
        description = "Read every blob; remove and list those that are not what their digest says.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:every blob is what its digest says", " 5:some were not, and are gone"},
        footer = {"", "Example:", "  jrun cache verify --format json"})
final class CacheVerifyCommand implements Callable<Integer> {

    private final Console console;
    private final CacheOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    CacheVerifyCommand(Console console, CacheOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        List<CacheEntry> damaged = operations.removeDamaged();
        if (chosen == OutputFormat.JSON) {
            console.result(Json.toPrettyText(CacheListing.json(damaged)));
        } else if (!damaged.isEmpty()) {
            console.result(CacheListing.table(damaged));
        }
        return (damaged.isEmpty() ? ExitCode.SUCCESS : ExitCode.CORRUPT_DATA).number();
    }
}

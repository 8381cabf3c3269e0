package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun inspect}. */
@Command(
        name = "inspect",
        description = {
            "Tell what an image file or a container was made from, what was lost, and what it runs.",
            "",
            "With --format json also the manifest and the config as they came."
        },
        footer = {"", "Example:", "  jrun inspect solver.sqsh"})
public final class InspectCommand implements Callable<Integer> {

    private final Console console;
    private final LookOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    @Parameters(index = "0", paramLabel = "FILE|NAME", description = "An image file, or else the name of a container.")
    private String fileOrName;

    public InspectCommand(Console console, LookOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        JsonValue facts = operations.inspect(fileOrName);
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(facts) : InspectionText.of(facts));
        return ExitCode.SUCCESS.number();
    }
}

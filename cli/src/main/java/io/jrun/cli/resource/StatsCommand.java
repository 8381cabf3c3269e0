package io.jrun.cli.resource;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun stats}. */
@Command(
        name = "stats",
        description = {
            "Show what a running container uses: memory, processors, processes, how often it waited for them, and which"
                    + " limits hold.",
            "A container without limits shares a cgroup with others; what it shows is then theirs too, and it says so."
        },
        footer = {"", "Example:", "  jrun stats solver --format json"})
public final class StatsCommand implements Callable<Integer> {

    private final Console console;
    private final StatsOperations operations;

    @Parameters(paramLabel = "NAME|PID", description = "What was started, or a process inside.")
    private String target = "";

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    public StatsCommand(Console console, StatsOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        ContainerUsage usage = operations.usage(target);
        console.result(
                chosen == OutputFormat.JSON
                        ? Json.toPrettyText(UsageForms.json(usage))
                        : UsageForms.text(usage.usage()));
        return ExitCode.SUCCESS.number();
    }
}

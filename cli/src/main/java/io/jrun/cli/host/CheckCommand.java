package io.jrun.cli.host;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.check.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun check}. */
@Command(
        name = "check",
        description = {
            "Find out what this host allows, by trying it.",
            "Each line is ok, limited or missing, and says what would mend it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:nothing is missing that every container or import needs",
            " 1:something is missing that they need"
        },
        footer = {"", "Example:", "  jrun check", "  jrun check fuse overlay"})
public final class CheckCommand implements Callable<Integer> {

    private static final int SOMETHING_IS_MISSING = 1;

    private final Console console;
    private final HostOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    @Parameters(
            paramLabel = "LINE",
            arity = "0..*",
            description = "Only these lines, named as failing starts and --format json name them, such as fuse.")
    private List<String> keys = List.of();

    public CheckCommand(Console console, HostOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        Judgement judgement = operations.check().only(keys);
        console.result(
                chosen == OutputFormat.JSON
                        ? Json.toPrettyText(
                                new JsonObject(FindingForms.members(judgement.verdict(), judgement.findings())))
                        : String.join("\n", FindingForms.lines(judgement.findings())));
        return judgement.verdict() == Verdict.MISSING ? SOMETHING_IS_MISSING : ExitCode.SUCCESS.number();
    }
}

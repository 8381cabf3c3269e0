package io.jrun.cli.mpi;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.host.FindingForms;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.check.Verdict;
import io.jrun.runtime.mpi.MpiJudgement;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun mpi-check}. */
@Command(
        name = "mpi-check",
        description = {
            "Tell which MPI an image brings, whether it fits this host, and how to launch it.",
            "Nothing is started. Each line is ok, limited or missing, and says what would mend it."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {" 0:Slurm can launch ranks of this image here", " 1:it cannot"},
        footer = {"", "Example:", "  jrun mpi-check solver.sqsh"})
public final class MpiCheckCommand implements Callable<Integer> {

    private static final int DOES_NOT_FIT = 1;

    private final Console console;
    private final MpiOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    @Parameters(
            index = "0",
            paramLabel = "IMAGE|CONTAINER",
            description = "An image file, a directory with a slash in its name, or the name of a container.")
    private String image;

    public MpiCheckCommand(Console console, MpiOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        MpiJudgement judgement = operations.judge(image);
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(json(judgement)) : text(judgement));
        return judgement.verdict() == Verdict.MISSING ? DOES_NOT_FIT : ExitCode.SUCCESS.number();
    }

    private static JsonValue json(MpiJudgement judgement) {
        Map<String, JsonValue> members = FindingForms.members(judgement.verdict(), judgement.findings());
        judgement.launch().ifPresent(line -> members.put("launch", JsonValue.of(line)));
        return new JsonObject(members);
    }

    private static String text(MpiJudgement judgement) {
        List<String> lines = FindingForms.lines(judgement.findings());
        judgement.launch().ifPresent(line -> lines.add("launch   " + line));
        return String.join("\n", lines);
    }
}

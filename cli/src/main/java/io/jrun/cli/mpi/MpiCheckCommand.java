package io.jrun.cli.mpi;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import io.jrun.runtime.mpi.MpiJudgement;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
            "Nothing is started. Each line is ok, limited or missing, and says what would mend it. The exit code is 1"
                    + " when Slurm cannot launch ranks of this image here, else 0."
        },
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
        List<JsonValue> findings = new ArrayList<>();
        for (Finding finding : judgement.findings()) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("key", JsonValue.of(finding.key()));
            members.put("verdict", JsonValue.of(finding.verdict().label()));
            members.put("subject", JsonValue.of(finding.subject()));
            members.put("found", JsonValue.of(finding.found()));
            finding.mend().ifPresent(mend -> members.put("mend", JsonValue.of(mend)));
            findings.add(new JsonObject(members));
        }
        Map<String, JsonValue> root = new LinkedHashMap<>();
        root.put("verdict", JsonValue.of(judgement.verdict().label()));
        root.put("findings", new JsonArray(findings));
        judgement.launch().ifPresent(line -> root.put("launch", JsonValue.of(line)));
        return new JsonObject(root);
    }

    private static String text(MpiJudgement judgement) {
        List<String> lines = new ArrayList<>();
        for (Finding finding : judgement.findings()) {
            lines.add(String.format(
                    Locale.ROOT, "%-7s  %s: %s", finding.verdict().label(), finding.subject(), finding.found()));
            finding.mend().ifPresent(mend -> lines.add("         mend: " + mend));
        }
        judgement.launch().ifPresent(line -> lines.add("launch   " + line));
        return String.join("\n", lines);
    }
}

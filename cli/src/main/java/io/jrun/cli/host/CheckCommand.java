package io.jrun.cli.host;

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
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.check.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun check}. */
@Command(
        name = "check",
        description = {
            "Find out what this host allows, by trying it.",
            "Each line is ok, limited or missing, and says what would mend it. The exit code is 1 when something is"
                    + " missing that every container or import needs, else 0."
        },
        footer = {"", "Example:", "  jrun check"})
public final class CheckCommand implements Callable<Integer> {

    private static final int SOMETHING_IS_MISSING = 1;

    private final Console console;
    private final HostOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    public CheckCommand(Console console, HostOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        Judgement judgement = operations.check();
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(json(judgement)) : text(judgement.findings()));
        return judgement.verdict() == Verdict.MISSING ? SOMETHING_IS_MISSING : ExitCode.SUCCESS.number();
    }

    private static JsonValue json(Judgement judgement) {
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
        return new JsonObject(root);
    }

    private static String text(List<Finding> findings) {
        List<String> lines = new ArrayList<>();
        for (Finding finding : findings) {
            lines.add(String.format(
                    Locale.ROOT, "%-7s  %s: %s", finding.verdict().label(), finding.subject(), finding.found()));
            finding.mend().ifPresent(mend -> lines.add("         mend: " + mend));
        }
        return String.join("\n", lines);
    }
}

package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun inspect}. */
@Command(
        name = "inspect",
        description = "Tell what an image file or a container holds.",
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
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(facts) : String.join("\n", lines("", facts)));
        return ExitCode.SUCCESS.number();
    }

    /** Objects indented below their name, arrays of simple values in one line as JSON. */
    private static List<String> lines(String indent, JsonValue value) {
        List<String> lines = new ArrayList<>();
        if (value instanceof JsonValue.JsonObject object) {
            for (Map.Entry<String, JsonValue> member : object.members().entrySet()) {
                if (member.getValue() instanceof JsonValue.JsonObject inner) {
                    lines.add(indent + member.getKey() + ":");
                    lines.addAll(lines(indent + "  ", inner));
                } else {
                    lines.add(indent + member.getKey() + ": " + inOneLine(member.getValue()));
                }
            }
        } else {
            lines.add(indent + inOneLine(value));
        }
        return lines;
    }

    private static String inOneLine(JsonValue value) {
        return value instanceof JsonValue.JsonString text
                ? text.value()
                : new String(Json.toBytes(value), StandardCharsets.UTF_8);
    }
}

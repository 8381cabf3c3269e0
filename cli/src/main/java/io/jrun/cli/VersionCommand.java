package io.jrun.cli;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.console.Version;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun version}. */
@Command(
        name = "version",
        description = "Show the version of jrun and of what it runs on.",
        footer = {"", "Example:", "  jrun version --format json"})
final class VersionCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("jrun", JsonValue.of(Version.number()));
        facts.put("java", JsonValue.of(System.getProperty("java.vm.version")));
        facts.put("kernel", JsonValue.of(System.getProperty("os.version")));
        facts.put("architecture", JsonValue.of(System.getProperty("os.arch")));
        if (format.chosen() == OutputFormat.JSON) {
            console.result(Json.toPrettyText(new JsonValue.JsonObject(facts)));
        } else {
            console.result("jrun " + Version.number() + "\njava " + System.getProperty("java.vm.version") + "\nkernel "
                    + System.getProperty("os.version") + "\narchitecture " + System.getProperty("os.arch"));
        }
        return ExitCode.SUCCESS.number();
    }
}

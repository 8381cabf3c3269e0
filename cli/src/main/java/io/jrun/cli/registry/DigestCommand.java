package io.jrun.cli.registry;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.registry.RegistryOperations.DigestResult;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun digest}. */
@Command(
        name = "digest",
        description = "Print the digest that a reference stands for now, without fetching the image.",
        footer = {"", "Example:", "  jrun digest --platform linux/arm64 docker.io/library/debian:12"})
public final class DigestCommand implements Callable<Integer> {

    private final Console console;
    private final RegistryOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    RegistryFlags registry;

    @Mixin
    FormatOption format;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "The digest of the image for this platform, where there are several.")
    private Optional<String> platform;

    @Parameters(index = "0", paramLabel = "REFERENCE", description = "The image, as [docker://][REGISTRY/]NAME[:TAG].")
    private String reference;

    public DigestCommand(Console console, RegistryOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        DigestResult result = operations.digest(
                reference, platform, registry.access(), note -> console.err().println("jrun: " + note));
        console.result(chosen == OutputFormat.JSON ? json(result) : result.digest());
        return ExitCode.SUCCESS.number();
    }

    static String json(DigestResult result) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("reference", JsonValue.of(result.reference()));
        members.put("digest", JsonValue.of(result.digest()));
        return Json.toPrettyText(new JsonObject(members));
    }
}

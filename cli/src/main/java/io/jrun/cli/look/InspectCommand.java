package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.registry.RegistryFlags;
import io.jrun.cli.registry.RegistryOperations;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun inspect}. */
@Command(
        name = "inspect",
        description = {
            "Tell what an image file or a container was made from, what was lost, and what it runs; or of an image in a"
                    + " registry for which platforms it is, how large its layers are and what it runs, without fetching"
                    + " them.",
            "",
            "With --format json also the manifest and the config as they came."
        },
        footer = {
            "",
            "Example:",
            "  jrun inspect solver.sqsh",
            "  jrun inspect --platform linux/arm64 docker://docker.io/library/debian:12"
        })
public final class InspectCommand implements Callable<Integer> {

    private static final String REGISTRY = "docker://";

    private final Console console;
    private final LookOperations operations;
    private final RegistryOperations registries;

    @Mixin
    TalkOptions talk;

    @Mixin
    private RegistryFlags registry;

    @Mixin
    private FormatOption format;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Of an image in a registry: the one for this platform, if not for this machine's.")
    private Optional<String> platform;

    @Parameters(
            index = "0",
            paramLabel = "FILE|NAME|docker://REFERENCE",
            description = "An image file, or else the name of a container, or an image in a registry.")
    private String what;

    public InspectCommand(Console console, LookOperations operations, RegistryOperations registries) {
        this.console = console;
        this.operations = operations;
        this.registries = registries;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        JsonValue facts = what.startsWith(REGISTRY) ? inRegistry() : here();
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(facts) : InspectionText.of(facts));
        return ExitCode.SUCCESS.number();
    }

    private JsonValue inRegistry() throws IOException {
        return registries.inspect(
                what, platform, registry.access(), note -> console.err().println("jrun: " + note));
    }

    private JsonValue here() throws IOException {
        if (platform.isPresent()) {
            throw new UsageException(
                    Failure.of("inspect " + what + " for " + platform.get(), "it has one platform only")
                            .hint("an image in a registry is " + REGISTRY + what));
        }
        return operations.inspect(what);
    }
}

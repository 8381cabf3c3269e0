package io.jrun.cli.registry;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import io.jrun.cli.registry.RegistryOperations.DigestResult;
import io.jrun.cli.registry.RegistryOperations.PushForm;
import io.jrun.cli.registry.RegistryOperations.PushRequest;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun push}. */
@Command(
        name = "push",
        description = "Bring an image file or an image layout into a registry.",
        footer = {
            "",
            "As an artifact the file itself is stored: `jrun import` of the same reference",
            "gets it back byte for byte, without any conversion.",
            "",
            "Example:",
            "  jrun push --as artifact solver.sqsh registry.example/lab/solver:2.1",
            "  jrun push oci:layout registry.example/lab/solver:2.1"
        })
public final class PushCommand implements Callable<Integer> {

    private final Console console;
    private final RegistryOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    RegistryFlags registry;

    @Mixin
    FormatOption format;

    @Option(
            names = "--as",
            paramLabel = "FORM",
            defaultValue = "image",
            description = "What an image file becomes: image (default), or artifact.")
    private String form;

    @Option(
            names = "--mount-from",
            paramLabel = "REPOSITORY",
            description = "A repository of the same registry whose blobs need not be sent again.")
    private Optional<String> mountFrom;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "An image file, or oci:DIRECTORY[:TAG].")
    private String source;

    @Parameters(index = "1", paramLabel = "REFERENCE", description = "Where to, as [docker://]REGISTRY/NAME[:TAG].")
    private String reference;

    public PushCommand(Console console, RegistryOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        PushRequest request = new PushRequest(source, reference, pushForm(), mountFrom, registry.access());
        DigestResult result = new WorkTalk(console, progress)
                .during(
                        listener -> operations.push(request, listener),
                        pushed -> List.of("pushed " + pushed.reference()));
        console.result(chosen == OutputFormat.JSON ? DigestCommand.json(result) : result.digest());
        return ExitCode.SUCCESS.number();
    }

    private PushForm pushForm() throws UsageException {
        return switch (form) {
            case "image" -> PushForm.IMAGE;
            case "artifact" -> PushForm.ARTIFACT;
            default ->
                throw new UsageException(Failure.of("push as " + form, "there is no such form")
                        .hint("the forms are image and artifact"));
        };
    }
}

package io.jrun.cli.convert;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomOption;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun load}. */
@Command(
        name = "load",
        description = "Make a container from an image, without an image file between.",
        footer = {
            "",
            "What can be read is what `jrun import` reads; what the container cannot hold",
            "is told, and recorded for `jrun export`.",
            "",
            "Example:",
            "  jrun load -n solver docker://registry.example/lab/solver:2.1"
        })
public final class LoadCommand implements Callable<Integer> {

    private final Console console;
    private final ImportOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(
            names = {"-n", "--name"},
            paramLabel = "NAME",
            description = "Name of the container; by default the image's.")
    private Optional<String> name;

    @Option(
            names = {"-f", "--force"},
            description = "Replace the container if it exists.")
    private boolean force;

    @Mixin
    private SourceOptions source;

    @Mixin
    private LimitOptions limits;

    @Mixin
    private RoomOption room;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "REFERENCE", description = "The image, as `jrun import` takes it.")
    private String reference;

    public LoadCommand(Console console, ImportOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        LoadRequest request = new LoadRequest(
                source.source(reference),
                name,
                force ? Replacement.REPLACE : Replacement.REFUSE,
                limits.limits(),
                room.roomCheck());
        WorkTalk conversation = new WorkTalk(console, progress);
        LoadResult result = conversation.during(
                listener -> operations.loadContainer(request, listener),
                made -> WorkTalk.sentences(
                        "loaded " + reference
                                + made.manifestDigest()
                                        .map(found -> " (" + found + ")")
                                        .orElse(""),
                        made.notes()));
        console.result(result.container());
        return ExitCode.SUCCESS.number();
    }
}

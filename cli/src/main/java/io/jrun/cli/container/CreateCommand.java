package io.jrun.cli.container;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomOption;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.container.ContainerOperations.CreateRequest;
import io.jrun.cli.container.ContainerOperations.Created;
import io.jrun.cli.progress.Amounts;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun create}. */
@Command(
        name = "create",
        description = "Make a container from an image file.",
        footer = {
            "",
            "Containers lie under $$JRUN_DATA_PATH, or else $$XDG_DATA_HOME/jrun.",
            "",
            "Example:",
            "  jrun create -n solver solver.sqsh"
        })
public final class CreateCommand implements Callable<Integer> {

    private final Console console;
    private final ContainerOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(
            names = {"-n", "--name"},
            paramLabel = "NAME",
            description = "Name of the container; by default the file's, without .sqsh.")
    private Optional<String> name;

    @Option(
            names = {"-f", "--force"},
            description = "Replace the container if it exists.")
    private boolean force;

    @Mixin
    private RoomOption room;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "FILE", description = "An image file, as `jrun import` writes it.")
    private Path file;

    public CreateCommand(Console console, ContainerOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        CreateRequest request =
                new CreateRequest(file, name, force ? Replacement.REPLACE : Replacement.REFUSE, room.roomCheck());
        Created created = new WorkTalk(console, progress)
                .during(
                        listener -> operations.createContainer(request, listener),
                        made -> WorkTalk.sentences(
                                "created " + made.container() + ", " + Amounts.bytes(made.sizeInBytes()),
                                made.notes()));
        console.result(created.container());
        return ExitCode.SUCCESS.number();
    }
}

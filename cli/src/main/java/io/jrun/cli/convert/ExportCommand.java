package io.jrun.cli.convert;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.RoomOption;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.Amounts;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jrun export}. */
@Command(
        name = "export",
        description = "Turn a container, with all that was changed in it, into an image file or another form.",
        footer = {
            "",
            "Owners, set-user-ID bits, capabilities and devices that the container could",
            "not hold come back as long as they are known: from the container's own",
            "record, or from the image file that it was made from. A file that was",
            "changed since gets its owner only. Mount points that jrun made stay out.",
            "",
            "Example:",
            "  jrun export -o solver-tuned.sqsh solver"
        })
public final class ExportCommand implements Callable<Integer> {

    private final Console console;
    private final ImportOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private TargetOptions target;

    @Mixin
    private RoomOption room;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "NAME", description = "The container; `jrun list` shows the names.")
    private String name;

    public ExportCommand(Console console, ImportOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        WorkTalk conversation = new WorkTalk(console, progress);
        ImportResult result = conversation.during(
                listener -> operations.exportContainer(name, target.target(), room.roomCheck(), listener),
                made -> WorkTalk.sentences(
                        "exported " + name + ", " + Amounts.bytes(made.sizeInBytes()), made.notes()));
        console.result(result.output().toString());
        return ExitCode.SUCCESS.number();
    }
}

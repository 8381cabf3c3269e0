package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.writer.directory.ExtractionReport;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jrun cp}. */
@Command(
        name = "cp",
        description = {
            "Copy a file or directory out of an image file or a container.",
            "",
            "A directory comes with all below it. Modes, times and hard links are kept; owners only for root,",
            "and in a tar."
        },
        footer = {
            "",
            "Example:",
            "  jrun cp solver.sqsh:/opt/solver/examples .",
            "  jrun cp solver.sqsh:/opt/solver - | ssh node tar -xf - -C /scratch"
        })
public final class CpCommand extends LookCommand {

    @Parameters(
            index = "0",
            paramLabel = "IMAGE:PATH",
            description = "An image file, or the name of a container, and a path in it.")
    private String from;

    @Parameters(
            index = "1",
            paramLabel = "DEST",
            description =
                    "A directory, or the copy's new name; a file replaces a file. A dash writes a tar to standard output.")
    private Path target;

    public CpCommand(Console console, LookOperations operations) {
        super(console, operations);
    }

    @Override
    int run(ResultStream out) throws IOException {
        try (Place opened = operations().open(from)) {
            if (target.toString().equals("-")) {
                return toStandardOutput(opened, out);
            }
            ExtractionReport report = operations().copy(opened.view(), opened.find(LastLink.KEEP), target);
            note(report.droppedDevices(), "device nodes were left out");
            note(report.droppedOwners(), "files belong to you instead of their owner");
            note(report.droppedXattrs(), "extended attributes were left out");
            note(report.droppedSetIds(), "files lost their set-user-ID and set-group-ID bits");
        }
        return success();
    }

    private int toStandardOutput(Place opened, ResultStream out) throws IOException {
        if (console().showsResultsOnTerminal()) {
            throw new UsageException(Failure.of("write a tar", "standard output is a terminal")
                    .hint("send it somewhere: jrun cp " + from + " - | tar -t"));
        }
        long sockets = operations().copyAsTar(opened.view(), opened.find(LastLink.KEEP), out);
        note(sockets, "sockets are empty files to other tools than jrun and star");
        return success();
    }

    private void note(long count, String what) {
        if (count > 0) {
            console().err().println("jrun: " + count + " " + what);
        }
    }
}

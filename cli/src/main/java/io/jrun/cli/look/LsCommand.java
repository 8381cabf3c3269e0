package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.error.NotFoundException;
import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.browse.TreePath;
import io.jrun.image.browse.TreeView;
import io.jrun.image.browse.TreeWalk;
import io.jrun.image.tree.FileNode;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun ls}. */
@Command(
        name = "ls",
        description = {
            "List files of an image file or a container.",
            "",
            "Symbolic links are followed inside the image. Names are printed as they are;"
                    + " on a terminal, what could steer it is shown as \\xNN. Times are UTC."
        },
        footer = {"", "Example:", "  jrun ls -l solver.sqsh:/usr/bin", "  jrun ls -R solver.sqsh | grep libmpi"})
public final class LsCommand extends LookCommand {

    @Mixin
    private FormatOption format;

    @Option(names = "-l", description = "Mode, owner and group, size, time and link target too.")
    private boolean longForm;

    @Option(names = "-R", description = "Everything below, with paths from the root.")
    private boolean recursive;

    @Option(names = "-d", description = "The directory itself, not what it holds.")
    private boolean itself;

    @Parameters(
            index = "0",
            paramLabel = "IMAGE[:PATH]",
            description = "An image file, or the name of a container, and a path in it.")
    private String place;

    public LsCommand(Console console, LookOperations operations) {
        super(console, operations);
    }

    @Override
    int run(ResultStream out) throws IOException {
        boolean json = format.chosen() == OutputFormat.JSON;
        try (Place opened = operations().open(place)) {
            PathResolver.Found start = start(opened);
            if (recursive) {
                TreeWalk.walk(
                        opened.view(), start, (path, file) -> print(out, json, path, path.toBytes(), file.node()));
            } else if (itself || !start.file().isDirectory()) {
                print(
                        out,
                        json,
                        start.path(),
                        start.path().toBytes(),
                        start.file().node());
            } else {
                list(opened.view(), start, out, json);
            }
        }
        if (json) {
            out.endItems();
        }
        return success();
    }

    /** A link that leads nowhere is listed itself. */
    private PathResolver.Found start(Place opened) throws IOException {
        if (itself) {
            return opened.find(LastLink.KEEP);
        }
        try {
            return opened.find(LastLink.FOLLOW);
        } catch (NotFoundException missing) {
            return opened.find(LastLink.KEEP);
        }
    }

    private void list(TreeView view, PathResolver.Found directory, ResultStream out, boolean json) throws IOException {
        view.list(directory.file(), (name, opener) -> {
            if (json || longForm) {
                print(
                        out,
                        json,
                        directory.path().child(name),
                        name.toBytes(),
                        opener.open().node());
            } else {
                out.name(name.toBytes());
                out.text("\n");
            }
            return true;
        });
    }

    private void print(ResultStream out, boolean json, TreePath path, byte[] shown, FileNode node) throws IOException {
        if (json) {
            out.item(FileForm.json(path, node));
            return;
        }
        if (longForm) {
            FileForm.printLong(out, shown, node);
        } else {
            out.name(shown);
        }
        out.text("\n");
    }
}

package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.RawArguments;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.PathResolver.LastLink;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code jrun cat}. */
@Command(
        name = "cat",
        description = "Print files of an image file or a container.",
        footer = {"", "Example:", "  jrun cat solver.sqsh /etc/os-release"})
public final class CatCommand extends LookCommand {

    @Parameters(index = "0", paramLabel = "IMAGE", description = "An image file, or the name of a container.")
    private String image;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "PATH",
            description = "Files in it. IMAGE:PATH names one too.")
    private List<String> paths = new ArrayList<>();

    public CatCommand(Console console, LookOperations operations) {
        super(console, operations);
    }

    @Override
    int run(ResultStream out) throws IOException {
        try (Place opened = operations().open(image)) {
            List<ByteString> all = new ArrayList<>();
            opened.path().ifPresent(all::add);
            for (String path : paths) {
                all.add(RawArguments.bytesOf(path));
            }
            if (all.isEmpty()) {
                throw new UsageException(Failure.of("print files of " + image, "no file is named")
                        .hint("jrun cat IMAGE PATH"));
            }
            for (ByteString path : all) {
                print(new Place(opened.view(), Optional.of(path)), out);
            }
        }
        return success();
    }

    private static void print(Place place, ResultStream out) throws IOException {
        PathResolver.Found found = place.find(LastLink.FOLLOW);
        if (!(found.file().node() instanceof FileNode.RegularFile file)) {
            throw new UsageException(Failure.of(
                    "print " + found.path() + " of " + place.view().name(),
                    "it is no regular file but a " + FileForm.type(found.file().node())));
        }
        try (InputStream in = ((ReadableContent) file.content()).open()) {
            out.copy(in);
        }
    }
}

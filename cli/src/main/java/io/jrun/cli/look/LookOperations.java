package io.jrun.cli.look;

import io.jrun.image.browse.PathResolver;
import io.jrun.image.browse.TreeView;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** What the commands that look without mounting call. Failures are {@link io.jrun.error.JrunException}s. */
public interface LookOperations {

    /** What is known of an image file, or of a container where no such file exists. */
    JsonValue inspect(String fileOrName) throws IOException;

    /**
     * Opens the tree that the text before the first fitting colon names.
     *
     * @param imageAndPath an image file, a directory with a slash in its name, or a container; {@code :PATH} behind it
     */
    Place open(String imageAndPath) throws IOException;

    /** See {@link io.jrun.image.browse.TreeCopy}. */
    ExtractionReport copy(TreeView view, PathResolver.Found from, Path target) throws IOException;

    /** See {@link io.jrun.image.browse.TarCopy}. */
    long copyAsTar(TreeView view, PathResolver.Found from, OutputStream out) throws IOException;
}

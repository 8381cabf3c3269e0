package io.jrun.cli;

import io.jrun.cli.progress.ImportListener;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the commands call: everything behind the command line. Failures are {@link io.jrun.error.JrunException}s. */
interface Operations {

    ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException;

    /** @return the container's name */
    String createContainer(Path imageFile, Optional<String> name, Replacement replacement) throws IOException;

    /** By name, ascending. */
    List<ContainerSummary> containers() throws IOException;

    void removeContainer(String name) throws IOException;

    /** What is known of an image file, or of a container where no such file exists. */
    JsonValue inspect(String fileOrName) throws IOException;

    /** What to do when the target exists. */
    enum Replacement {
        REFUSE,
        REPLACE
    }
}

package io.jrun.cli.container;

import io.jrun.cli.console.Replacement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the commands on containers call. Failures are {@link io.jrun.error.JrunException}s. */
public interface ContainerOperations {

    /** @return the container's name */
    String createContainer(Path imageFile, Optional<String> name, Replacement replacement) throws IOException;

    /** By name, ascending. */
    List<ContainerSummary> containers() throws IOException;

    /** Those of the caller that run, the oldest first. */
    List<RunningSummary> running() throws IOException;

    void removeContainer(String name) throws IOException;
}

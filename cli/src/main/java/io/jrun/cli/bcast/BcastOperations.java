package io.jrun.cli.bcast;

import io.jrun.runtime.bcast.Broadcast;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** What {@code bcast} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface BcastOperations {

    /**
     * @param destination on the nodes; empty for where starts look for copies
     * @param talk takes a line for each stage
     */
    Broadcast.Result copy(Path image, Optional<String> destination, Consumer<String> talk) throws IOException;
}

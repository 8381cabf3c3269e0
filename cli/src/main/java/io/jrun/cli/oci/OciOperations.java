package io.jrun.cli.oci;

import io.jrun.json.JsonValue;
import io.jrun.runtime.oci.AddRequest;
import io.jrun.runtime.oci.MakeRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code jrun oci} does; the seam to the runtime. What acts on processes is left to the launcher. */
public interface OciOperations {

    /** @param states where the states of containers lie; empty for the usual place */
    void make(Optional<Path> states, MakeRequest request) throws IOException;

    void start(Optional<Path> states, String id) throws IOException;

    void exec(Optional<Path> states, AddRequest request) throws IOException;

    void kill(Optional<Path> states, String id, String signal, boolean all) throws IOException;

    void delete(Optional<Path> states, String id, boolean force) throws IOException;

    JsonValue state(Optional<Path> states, String id) throws IOException;

    JsonValue features();
}

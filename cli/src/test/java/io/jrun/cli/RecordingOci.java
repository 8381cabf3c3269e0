package io.jrun.cli;

import io.jrun.cli.oci.OciOperations;
import io.jrun.json.JsonValue;
import io.jrun.runtime.oci.MakeRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Writes down what {@code jrun oci} was asked for. */
record RecordingOci(RecordingOperations calls) implements OciOperations {

    @Override
    public void make(Optional<Path> states, MakeRequest request) throws IOException {
        calls.record(request);
    }

    @Override
    public void start(Optional<Path> states, String id) throws IOException {
        calls.record("oci start " + id);
    }

    @Override
    public void kill(Optional<Path> states, String id, String signal, boolean all) throws IOException {
        calls.record("oci kill " + id + " " + signal);
    }

    @Override
    public void delete(Optional<Path> states, String id, boolean force) throws IOException {
        calls.record("oci delete " + id);
    }

    @Override
    public JsonValue state(Optional<Path> states, String id) throws IOException {
        calls.record("oci state " + id);
        return features();
    }

    @Override
    public JsonValue features() {
        return new JsonValue.JsonObject(Map.of());
    }
}

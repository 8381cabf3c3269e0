package io.jrun.cli;

import io.jrun.cli.oci.OciOperations;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.json.JsonValue;
import io.jrun.runtime.oci.AddRequest;
import io.jrun.runtime.oci.MakeRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Remembers what was asked for; knows only the container "solver". */
final class FakeOci implements OciOperations {

    final List<Object> calls = new ArrayList<>();

    @Override
    public void make(Optional<Path> states, MakeRequest request) {
        calls.add(request);
    }

    @Override
    public void start(Optional<Path> states, String id) throws JrunException {
        require(id);
        calls.add("start " + id + " in " + states);
    }

    @Override
    public void exec(Optional<Path> states, AddRequest request) throws JrunException {
        require(request.id());
        calls.add(request);
    }

    @Override
    public void kill(Optional<Path> states, String id, String signal, boolean all) throws JrunException {
        require(id);
        calls.add("kill " + id + " " + signal + " " + all);
    }

    @Override
    public void delete(Optional<Path> states, String id, boolean force) throws JrunException {
        require(id);
        calls.add("delete " + id + " " + force);
    }

    @Override
    public JsonValue state(Optional<Path> states, String id) throws JrunException {
        require(id);
        return new JsonValue.JsonObject(Map.of("status", JsonValue.of("running")));
    }

    @Override
    public JsonValue features() {
        return new JsonValue.JsonObject(Map.of());
    }

    private static void require(String id) throws NotFoundException {
        if (!id.equals("solver")) {
            throw new NotFoundException(Failure.of("find " + id, "container does not exist (ENOENT)"));
        }
    }
}

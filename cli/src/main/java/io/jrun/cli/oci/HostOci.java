package io.jrun.cli.oci;

import io.jrun.cli.console.Launcher;
import io.jrun.json.JsonValue;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.oci.AddRequest;
import io.jrun.runtime.oci.MakeRequest;
import io.jrun.runtime.oci.OciRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The runtime of this host, for the caller of this process, whose parent runs the plans. */
public final class HostOci implements OciOperations {

    private final Map<String, String> environment;
    private final Launcher launcher;
    private final Consumer<String> notes;

    public HostOci(Map<String, String> environment, Consumer<String> notes) {
        this.environment = environment;
        this.launcher = new Launcher(environment);
        this.notes = notes;
    }

    @Override
    public void make(Optional<Path> states, MakeRequest request) throws IOException {
        deliver(runtime(states).make(request, launcher.build()));
    }

    @Override
    public void start(Optional<Path> states, String id) throws IOException {
        deliver(runtime(states).start(id, launcher.build()));
    }

    @Override
    public void exec(Optional<Path> states, AddRequest request) throws IOException {
        deliver(runtime(states).exec(request, launcher.build()));
    }

    @Override
    public void kill(Optional<Path> states, String id, String signal, boolean all) throws IOException {
        deliver(runtime(states).kill(id, signal, all, launcher.build()));
    }

    @Override
    public void delete(Optional<Path> states, String id, boolean force) throws IOException {
        Optional<byte[]> plan = runtime(states).delete(id, force, launcher.build());
        if (plan.isPresent()) {
            deliver(plan.get());
        }
    }

    @Override
    public JsonValue state(Optional<Path> states, String id) throws IOException {
        return runtime(states).state(id);
    }

    @Override
    public JsonValue features() {
        return OciRuntime.features();
    }

    private OciRuntime runtime(Optional<Path> states) throws IOException {
        return OciRuntime.forCaller(states, environment, notes);
    }

    private void deliver(byte[] plan) throws IOException {
        StartCompiler.deliver(plan, launcher.planDescriptor());
    }
}

package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import io.jrun.runtime.config.Consulted;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import java.util.ArrayList;
import java.util.List;

/** Collects what a plan is decided from, in the order of the decisions. */
final class PlanInputs {

    private final HostFacts host;
    private final HostFiles files;
    private final List<PlanInput> inputs = new ArrayList<>();

    PlanInputs(HostFacts host, HostFiles files) {
        this.host = host;
        this.files = files;
    }

    void add(PlanInput input) {
        inputs.add(input);
    }

    void addAll(List<PlanInput> others) {
        inputs.addAll(others);
    }

    /** A file of the host as it is at this moment, be it absent. */
    void addFile(ByteString path) {
        inputs.add(PlanInput.File.of(path, files.stat(path)));
    }

    /** A variable of the caller with its value, or that he has none of that name. */
    void addVariable(String name) {
        inputs.add(new PlanInput.Variable(ByteString.of(name), host.variable(name)));
    }

    void addWorkingDirectory() {
        inputs.add(new PlanInput.WorkingDirectory(host.workingDirectory()));
    }

    void addConsulted(List<Consulted> consulted) {
        for (Consulted one : consulted) {
            if (one instanceof Consulted.File file) {
                inputs.add(PlanInput.File.of(file.path(), file.status()));
            } else if (one instanceof Consulted.Variable variable) {
                inputs.add(new PlanInput.Variable(variable.name(), variable.value()));
            }
        }
    }

    List<PlanInput> toList() {
        return inputs;
    }
}

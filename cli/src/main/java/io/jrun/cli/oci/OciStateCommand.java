package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import io.jrun.json.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun oci state}. */
@Command(
        name = "state",
        description = {"Print the state of a container as JSON."},
        footer = {"", "Example:", "  jrun oci state solver"})
final class OciStateCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Parameters(paramLabel = "ID", description = "The container.")
    private String id = "";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    OciStateCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> parent.result(Json.toPrettyText(operations.state(parent.states, id))));
        return ExitCode.SUCCESS.number();
    }
}

package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun oci kill}. */
@Command(
        name = "kill",
        description = {"Send a signal to the program of a container."},
        footer = {"", "Example:", "  jrun oci kill solver KILL"})
final class OciKillCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Parameters(index = "0", paramLabel = "ID", description = "The container.")
    private String id = "";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Parameters(index = "1", paramLabel = "SIGNAL", arity = "0..1", description = "A name or number, default TERM.")
    private String signal = "TERM";

    @Option(
            names = {"-a", "--all"},
            description = "Send it to all processes in the container's mount namespace.")
    private boolean all;

    OciKillCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> operations.kill(parent.states, id, signal, all));
        return ExitCode.SUCCESS.number();
    }
}

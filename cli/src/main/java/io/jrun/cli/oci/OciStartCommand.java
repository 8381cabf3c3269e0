package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun oci start}. */
@Command(
        name = "start",
        description = {"Start the program of a container that was created."},
        footer = {"", "Example:", "  jrun oci start solver"})
final class OciStartCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Parameters(paramLabel = "ID", description = "The container.")
    private String id = "";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    OciStartCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> operations.start(parent.states, id));
        return ExitCode.SUCCESS.number();
    }
}

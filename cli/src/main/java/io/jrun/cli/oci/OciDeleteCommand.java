package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun oci delete}. */
@Command(
        name = "delete",
        description = {"Delete a container that has ended."},
        footer = {"", "Example:", "  jrun oci delete --force solver"})
final class OciDeleteCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Parameters(paramLabel = "ID", description = "The container.")
    private String id = "";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Option(
            names = {"-f", "--force"},
            description = "Kill it first when it runs; no failure when there is none.")
    private boolean force;

    OciDeleteCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> operations.delete(parent.states, id, force));
        return ExitCode.SUCCESS.number();
    }
}

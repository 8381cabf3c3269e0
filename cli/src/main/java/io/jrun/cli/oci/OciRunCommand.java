package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun oci run}. */
@Command(
        name = "run",
        description = {"Make a container, start it, wait for its end and delete it.", "Ends as its program does."},
        footer = {"", "Example:", "  jrun oci run -b ./bundle solver"})
final class OciRunCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Mixin
    private BundleOptions bundle = new BundleOptions();

    OciRunCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> operations.make(parent.states, bundle.request(true, parent.limits())));
        return ExitCode.SUCCESS.number();
    }
}

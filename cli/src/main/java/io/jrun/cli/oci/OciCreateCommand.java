package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code jrun oci create}. */
@Command(
        name = "create",
        description = {"Make a container; its program waits for `jrun oci start`."},
        footer = {"", "Example:", "  jrun oci create -b ./bundle solver"})
final class OciCreateCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Mixin
    private BundleOptions bundle = new BundleOptions();

    OciCreateCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> operations.make(parent.states, bundle.request(false, parent.limits())));
        return ExitCode.SUCCESS.number();
    }
}

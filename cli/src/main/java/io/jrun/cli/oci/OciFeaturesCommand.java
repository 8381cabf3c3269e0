package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import io.jrun.json.Json;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code jrun oci features}. */
@Command(
        name = "features",
        description = {"Print what this runtime has, as JSON."},
        footer = {"", "Example:", "  jrun oci features"})
final class OciFeaturesCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    OciFeaturesCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        parent.logged(() -> parent.result(Json.toPrettyText(operations.features())));
        return ExitCode.SUCCESS.number();
    }
}

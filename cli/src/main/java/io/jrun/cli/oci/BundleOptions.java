package io.jrun.cli.oci;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.runtime.oci.MakeRequest;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code create} and {@code run} have in common. */
final class BundleOptions {

    @Parameters(paramLabel = "ID", description = "The name of the container from now on.")
    private String id = "";

    @Option(
            names = {"-b", "--bundle"},
            paramLabel = "DIR",
            description = "The directory with config.json, default the working directory.")
    private Path bundle = Path.of("");

    @Option(names = "--pid-file", paramLabel = "FILE", description = "Write the process ID to this file.")
    private Optional<Path> processFile = Optional.empty();

    @Option(
            names = "--console-socket",
            paramLabel = "SOCKET",
            description = "Where to send the terminal, when process.terminal is true.")
    private Optional<Path> consoleSocket = Optional.empty();

    @Option(
            names = "--preserve-fds",
            paramLabel = "N",
            description = "Let the program inherit N descriptors behind standard error.")
    private int preserved;

    @Option(names = "--no-new-keyring", hidden = true, description = "Accepted: none is made.")
    boolean noKeyring;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    MakeRequest request(boolean attached, boolean limited) throws UsageException {
        if (preserved < 0) {
            throw new UsageException(
                    Failure.of("let the program inherit " + preserved + " descriptors", "it is no number of them")
                            .hint("give the number behind standard error"));
        }
        return new MakeRequest(
                id,
                bundle.toAbsolutePath().normalize().toString(),
                attached,
                limited,
                processFile.map(BundleOptions::absolute),
                consoleSocket.map(BundleOptions::absolute),
                preserved);
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }
}

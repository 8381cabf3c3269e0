package io.jrun.cli.oci;

import io.jrun.cli.console.ExitCode;
import io.jrun.runtime.oci.AddRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun oci exec}. */
@Command(
        name = "exec",
        description = {
            "Run a further process in a running container.",
            "It has the container's namespaces, control group and filter for system calls; ends as the process does."
        },
        footer = {"", "Example:", "  jrun oci exec solver ps"})
final class OciExecCommand implements Callable<Integer> {

    private final OciCommand parent;
    private final OciOperations operations;

    @Parameters(index = "0", paramLabel = "ID", description = "The container.")
    private String id = "";

    @Parameters(index = "1..*", paramLabel = "COMMAND", arity = "0..*", description = "The program and its arguments.")
    private List<String> arguments = List.of();

    @Option(
            names = {"-p", "--process"},
            paramLabel = "FILE",
            description = "Run what this file describes, as `process` of a config.json.")
    private Optional<Path> description = Optional.empty();

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME=VALUE",
            description = "Set a variable too.")
    private List<String> environment = List.of();

    @Option(names = "--cwd", paramLabel = "DIR", description = "Start in this directory of the container.")
    private Optional<String> directory = Optional.empty();

    @Option(
            names = {"-u", "--user"},
            paramLabel = "UID[:GID]",
            description = "Run as this user of the container.")
    private Optional<String> user = Optional.empty();

    @Option(
            names = {"-t", "--tty"},
            description = "Give it a terminal.")
    private boolean terminal;

    @Option(
            names = {"-d", "--detach"},
            description = "Do not wait for its end.")
    private boolean detached;

    @Option(names = "--pid-file", paramLabel = "FILE", description = "Write the process ID to this file.")
    private Optional<Path> processFile = Optional.empty();

    @Option(names = "--console-socket", paramLabel = "SOCKET", description = "Where to send the terminal.")
    private Optional<Path> consoleSocket = Optional.empty();

    @Option(
            names = "--preserve-fds",
            paramLabel = "N",
            description = "Let the program inherit N descriptors behind standard error.")
    private int preserved;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    OciExecCommand(OciCommand parent, OciOperations operations) {
        this.parent = parent;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        AddRequest request = new AddRequest(
                id,
                description.map(OciExecCommand::absolute),
                arguments,
                environment,
                directory,
                user,
                terminal,
                !detached,
                processFile.map(OciExecCommand::absolute),
                consoleSocket.map(OciExecCommand::absolute),
                Math.max(0, preserved));
        parent.logged(() -> operations.exec(parent.states, request));
        return ExitCode.SUCCESS.number();
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }
}

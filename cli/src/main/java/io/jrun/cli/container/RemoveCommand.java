package io.jrun.cli.container;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun remove}. */
@Command(
        name = "remove",
        description = "Delete containers with all their files.",
        footer = {"", "Example:", "  jrun remove -f solver"})
public final class RemoveCommand implements Callable<Integer> {

    private final Console console;
    private final ContainerOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(
            names = {"-f", "--force"},
            description = "Do not ask.")
    private boolean force;

    @Parameters(arity = "1..*", paramLabel = "NAME", description = "The containers.")
    private List<String> names;

    public RemoveCommand(Console console, ContainerOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        if (!force && !console.isInteractive()) {
            throw new UsageException(Failure.of("remove " + String.join(", ", names), "there is no terminal to ask on")
                    .hint("with -f nothing is asked"));
        }
        for (String name : names) {
            if (force || console.confirm("remove the container " + name + " and all its files?")) {
                operations.removeContainer(name);
            }
        }
        return ExitCode.SUCCESS.number();
    }
}

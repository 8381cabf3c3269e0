package io.jrun.cli.registry;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.image.registry.RegistryOptions.PlainHttp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun logout}. */
@Command(
        name = "logout",
        description = "Forget the account for a registry.",
        footer = {
            "",
            "Only the containers' files and the helpers that they name are changed; what",
            "Docker keeps in its config.json stays there.",
            "",
            "Example:",
            "  jrun logout registry.example"
        })
public final class LogoutCommand implements Callable<Integer> {

    private final Console console;
    private final RegistryOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(names = "--authfile", paramLabel = "FILE", description = "The only file to change.")
    private Optional<Path> authFile;

    @ArgGroup(multiplicity = "1")
    private Which which;

    private static final class Which {
        @Option(names = "--all", required = true, description = "Forget all accounts.")
        private boolean all;

        @Parameters(index = "0", paramLabel = "REGISTRY[/PATH]", description = "What was named at login.")
        private Optional<String> registry;
    }

    public LogoutCommand(Console console, RegistryOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        List<String> places = operations.logout(
                which.all ? Optional.empty() : which.registry,
                new RegistryFlags.RegistryAccess(authFile, PlainHttp.ON_LOOPBACK));
        if (places.isEmpty()) {
            console.err().println("jrun: no account was kept");
        }
        places.forEach(place -> console.err().println("jrun: removed from " + place));
        return ExitCode.SUCCESS.number();
    }
}

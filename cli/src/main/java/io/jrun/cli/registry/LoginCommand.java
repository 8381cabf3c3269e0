package io.jrun.cli.registry;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun login}. */
@Command(
        name = "login",
        description = "Check an account with a registry and keep it for later commands.",
        footer = {
            "",
            "The account is kept in --authfile, else in $$REGISTRY_AUTH_FILE, else in",
            "~/.config/containers/auth.json, where other container tools find it and where",
            "jobs on other nodes do too. It is base64 there, not encrypted: a credential",
            "helper named by that file (credHelpers, credsStore) is used instead.",
            "",
            "Example:",
            "  jrun login -u ann registry.example",
            "  jrun login -u ann --password-stdin registry.example < token"
        })
public final class LoginCommand implements Callable<Integer> {

    private final Console console;
    private final RegistryOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    RegistryFlags registry;

    @Option(
            names = {"-u", "--username"},
            paramLabel = "USER",
            description = "The account; asked for on a terminal.")
    private Optional<String> user;

    @Option(names = "--password-stdin", description = "Read the password, or token, from standard input.")
    private boolean passwordFromInput;

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "docker.io",
            paramLabel = "REGISTRY[/PATH]",
            description = "Where the account is for; docker.io by default.")
    private String target;

    public LoginCommand(Console console, RegistryOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        String account = user.isPresent() ? user.get() : askUser();
        String password = passwordFromInput ? readPassword() : askPassword(account);
        String place = operations.login(target, account, password, registry.access());
        console.err().println("jrun: logged in to " + target + " as " + account + ", kept in " + place);
        return ExitCode.SUCCESS.number();
    }

    private String askUser() throws IOException {
        if (passwordFromInput || !console.isInteractive()) {
            throw new UsageException(
                    Failure.of("log in to " + target, "no account is named").hint("add -u USER"));
        }
        return required(console.ask("User of " + target + ": "), "account");
    }

    private String readPassword() throws IOException {
        return required(console.readLine(), "password on standard input");
    }

    private String askPassword(String account) throws IOException {
        if (!console.isInteractive()) {
            throw new UsageException(Failure.of("log in to " + target, "there is no terminal to ask for the password")
                    .hint("use --password-stdin"));
        }
        return required(console.askSecret("Password of " + account + " at " + target + ": "), "password");
    }

    private String required(Optional<String> text, String what) throws UsageException {
        return text.filter(value -> !value.isEmpty())
                .orElseThrow(() -> new UsageException(Failure.of("log in to " + target, "there is no " + what)
                        .hint("type it, or use --password-stdin with a file that has it")));
    }
}

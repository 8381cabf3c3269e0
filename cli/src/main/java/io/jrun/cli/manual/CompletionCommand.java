package io.jrun.cli.manual;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code jrun completion}. */
@Command(
        name = "completion",
        description = "Print what completes command lines in bash and zsh.",
        footer = {
            "",
            "An installation has it in share/bash-completion/completions, where bash finds it when",
            "XDG_DATA_DIRS names that share directory. zsh wants bashcompinit first.",
            "",
            "Example:",
            "  jrun completion > ~/.local/share/bash-completion/completions/jrun"
        })
public final class CompletionCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    TalkOptions talk;

    @Spec
    private CommandSpec spec;

    public CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        console.result(AutoComplete.bash("jrun", spec.root().commandLine()).stripTrailing());
        return ExitCode.SUCCESS.number();
    }
}

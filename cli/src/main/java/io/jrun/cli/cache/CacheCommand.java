package io.jrun.cli.cache;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.TalkOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jrun cache}. */
@Command(
        name = "cache",
        description = "List what is kept to make imports faster, or clear it away.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  jrun cache prune --max-size 20G"})
public final class CacheCommand implements Runnable {

    @Mixin
    TalkOptions talk;

    @Spec
    private CommandSpec spec;

    private CacheCommand() {}

    /** The command with its subcommands. */
    public static CommandLine tree(Console console, CacheOperations operations) {
        return new CommandLine(new CacheCommand())
                .addSubcommand(new CacheListCommand(console, operations))
                .addSubcommand(new CachePruneCommand(console, operations))
                .addSubcommand(new CacheVerifyCommand(console, operations));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: list, prune or verify");
    }
}

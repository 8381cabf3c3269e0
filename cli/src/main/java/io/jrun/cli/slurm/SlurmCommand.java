package io.jrun.cli.slurm;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.TalkOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jrun slurm}. */
@Command(
        name = "slurm",
        description = "Make a site with Slurm know jrun.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  jrun slurm init --directory /etc/slurm/jrun"})
public final class SlurmCommand implements Runnable {

    @Mixin
    TalkOptions talk;

    @Spec
    private CommandSpec spec;

    private SlurmCommand() {}

    /** The command with its subcommands. */
    public static CommandLine tree(Console console, SlurmOperations operations) {
        return new CommandLine(new SlurmCommand()).addSubcommand(new SlurmInitCommand(console, operations));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: init");
    }
}

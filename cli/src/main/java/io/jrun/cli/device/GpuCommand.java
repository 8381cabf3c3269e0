package io.jrun.cli.device;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.TalkOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jrun gpu}. */
@Command(
        name = "gpu",
        description = "Show the GPUs of this machine and of this job.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  jrun gpu list"})
public final class GpuCommand implements Runnable {

    @Mixin
    TalkOptions talk;

    @Spec
    private CommandSpec spec;

    private GpuCommand() {}

    /** The command with its subcommands. */
    public static CommandLine tree(Console console, DeviceOperations operations) {
        return new CommandLine(new GpuCommand()).addSubcommand(new GpuListCommand(console, operations));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: list");
    }
}

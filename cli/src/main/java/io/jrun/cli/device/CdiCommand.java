package io.jrun.cli.device;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.TalkOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jrun cdi}. */
@Command(
        name = "cdi",
        description = "Write specs of the Container Device Interface.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  jrun cdi generate --output /etc/cdi/nvidia.yaml"})
public final class CdiCommand implements Runnable {

    @Mixin
    TalkOptions talk;

    @Spec
    private CommandSpec spec;

    private CdiCommand() {}

    /** The command with its subcommands. */
    public static CommandLine tree(Console console, DeviceOperations operations) {
        return new CommandLine(new CdiCommand()).addSubcommand(new CdiGenerateCommand(console, operations));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: generate");
    }
}

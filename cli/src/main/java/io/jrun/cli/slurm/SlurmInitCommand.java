package io.jrun.cli.slurm;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.slurm.SlurmOperations.Present;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jrun slurm init}. */
@Command(
        name = "init",
        description = {
            "Write the files that make a site with Slurm know this installation.",
            "A line for plugstack.conf (srun --container-image), oci.conf (srun --container), prolog, epilog,"
                    + " jrun's own config, completion for bash, a profile for AppArmor. Each says in its first lines"
                    + " where it belongs and what it does; nothing is put there."
        },
        footer = {"", "Example:", "  jrun slurm init --directory /etc/slurm/jrun"})
final class SlurmInitCommand implements Callable<Integer> {

    private final Console console;
    private final SlurmOperations operations;

    @Option(
            names = {"-d", "--directory"},
            paramLabel = "DIR",
            defaultValue = "jrun-slurm",
            description = "Where to write them, jrun-slurm by default; made if it is missing.")
    private Path directory = Path.of("jrun-slurm");

    @Option(
            names = {"-f", "--force"},
            description = "Replace files that are there and differ.")
    private boolean force;

    @Mixin
    TalkOptions talk;

    SlurmInitCommand(Console console, SlurmOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        for (Path file : operations.init(directory, force ? Present.REPLACE : Present.REFUSE)) {
            console.result(file.toString());
        }
        return ExitCode.SUCCESS.number();
    }
}

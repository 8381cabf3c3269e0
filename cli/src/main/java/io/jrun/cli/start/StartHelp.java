package io.jrun.cli.start;

import io.jrun.cli.console.Console;
import io.jrun.cli.manual.HelpPages;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The help of {@code start}, from the same table that its parser reads. */
public final class StartHelp {

    private StartHelp() {}

    public static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("start");
        for (StartOption option : StartOption.values()) {
            spec.addOption(option(option));
        }
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .paramLabel("NAME")
                .description("A container, an image file, a directory, or a reference with its scheme;"
                        + " options end here.")
                .build());
        spec.addPositional(PositionalParamSpec.builder()
                .index("1..*")
                .arity("0..*")
                .type(String[].class)
                .paramLabel("COMMAND [ARG")
                .hideParamSyntax(true)
                .hidden(true)
                .build());
        spec.usageMessage()
                .description("Start a process in a container; by default the image's own.")
                .customSynopsis("jrun start [OPTIONS] NAME [COMMAND [ARG...]]")
                .sortOptions(false)
                .footer(
                        "",
                        "Everything behind NAME belongs to the process, which keeps the process ID,",
                        "standard streams, signals and exit status of this command. jrun's own failures",
                        "exit with 125; 126 means that the command cannot be executed, 127 that it was",
                        "not found.",
                        "",
                        "Example:",
                        "  jrun start -v $PWD:/work -w /work -e OMP_NUM_THREADS solver ./run.sh input");
        return spec;
    }

    /** The help of {@code batch}. */
    public static CommandSpec batchSpec() {
        CommandSpec spec = spec().name("batch");
        spec.remove(spec.positionalParameters().get(0));
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .paramLabel("FILE")
                .description("The file that says what to start and how; options end here.")
                .build());
        spec.usageMessage()
                .description("Start what a file describes; such a file can be a program of its own.")
                .customSynopsis("jrun batch [OPTIONS] FILE [ARG...]")
                .footer(
                        "",
                        "A line is KEY = VALUE, or KEY alone. Keys are image, command and the options",
                        "above without their dashes; those that may be repeated stand on lines of their",
                        "own. ${NAME} and ${NAME:-OTHERWISE} are replaced from your environment. Words of",
                        "command may be quoted; without that line the image's own command is run. The",
                        "arguments behind FILE are added to it. Options typed outweigh the file's, and",
                        "relative paths begin at the directory that it is started from. # begins a",
                        "comment, #SBATCH included.",
                        "",
                        "Example:",
                        "  $ cat train",
                        "  #!/usr/bin/env -S jrun batch",
                        "  image = /shared/pytorch.sqsh",
                        "  mount = /scratch/${USER}:/data",
                        "  env = OMP_NUM_THREADS=8",
                        "  workdir = /data",
                        "  command = python3 /data/train.py --epochs 3",
                        "  $ ./train --seed 1");
        return spec;
    }

    /** The help of {@code env}, which takes the same options. */
    public static CommandSpec environmentSpec() {
        CommandSpec spec = spec().name("env");
        spec.usageMessage()
                .description("Show the variables that a process in a container finds.")
                .customSynopsis("jrun env [OPTIONS] NAME")
                .footer(
                        "",
                        "The options are those of start. --explain adds where each variable comes from.",
                        "What hooks add is not known before they run.",
                        "",
                        "Example:",
                        "  jrun env --explain -e OMP_NUM_THREADS=8 solver");
        return spec;
    }

    /** The help of {@code exec}. */
    public static CommandSpec execSpec() {
        CommandSpec spec = CommandSpec.create().name("exec");
        for (StartOption option : List.of(
                StartOption.ENVIRONMENT, StartOption.WORKING_DIRECTORY, StartOption.SECCOMP, StartOption.HELP)) {
            OptionSpec.Builder builder = OptionSpec.builder(option(option));
            if (option == StartOption.WORKING_DIRECTORY) {
                builder.description("Working directory inside; that of the process inside by default.");
            }
            if (option == StartOption.ENVIRONMENT) {
                builder.description("Set a variable; without a value it is copied from your environment.");
            }
            if (option == StartOption.SECCOMP) {
                builder.description("Filter system calls by a profile: the one that the container was started with, if"
                        + " it was with one. unconfined for none.");
            }
            spec.addOption(builder.build());
        }
        spec.addOption(OptionSpec.builder("--job")
                .paramLabel("JOBID[.STEP]")
                .type(String.class)
                .description("Instead of NAME: the container of a task of this job of Slurm, on whatever node it is;"
                        + " there by srun --overlap.")
                .build());
        spec.addOption(OptionSpec.builder("--rank")
                .paramLabel("N")
                .type(String.class)
                .description("With --job: the task with this number in its step; the lowest by default.")
                .build());
        spec.addOption(OptionSpec.builder("--here")
                .type(boolean.class)
                .arity("0")
                .description("With --job: on this node only.")
                .build());
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .paramLabel("NAME|PID")
                .description("A running container: what was started, or a process inside; options end here.")
                .build());
        spec.addPositional(PositionalParamSpec.builder()
                .index("1..*")
                .arity("1..*")
                .type(String[].class)
                .paramLabel("COMMAND [ARG")
                .hideParamSyntax(true)
                .hidden(true)
                .build());
        spec.usageMessage()
                .description("Run a command in a container that runs.")
                .customSynopsis(
                        "jrun exec [OPTIONS] NAME|PID COMMAND [ARG...]",
                        "jrun exec [OPTIONS] --job JOBID[.STEP] [--rank N] COMMAND [ARG...]")
                .sortOptions(false)
                .footer(
                        "",
                        "It finds the variables and the directory of the oldest process inside and may do",
                        "what that may do. It may outlive the others, unless the container was started",
                        "with --pid.",
                        "",
                        "Example:",
                        "  jrun exec -e DEBUG=1 solver gdb -p 17",
                        "  jrun exec --job 4711.0 --rank 12 top");
        return spec;
    }

    /**
     * Prints a help page to standard output.
     *
     * @param command "start", "exec" or "env"
     */
    public static void print(Console console, String command) throws IOException {
        console.result(HelpPages.page(command).orElseThrow().stripTrailing());
    }

    private static OptionSpec option(StartOption option) {
        OptionSpec.Builder builder = OptionSpec.builder(option.names().toArray(new String[0]))
                .description(option.description().replace("%", "%%"))
                .usageHelp(option == StartOption.HELP);
        option.parameter()
                .ifPresentOrElse(
                        label -> builder.paramLabel(
                                        option.optionalValue() ? label.substring(2, label.length() - 1) : label)
                                .arity(option.optionalValue() ? "0..1" : "1")
                                .type(option.repeatable() ? String[].class : String.class),
                        () -> builder.type(boolean.class).arity("0"));
        return builder.build();
    }
}

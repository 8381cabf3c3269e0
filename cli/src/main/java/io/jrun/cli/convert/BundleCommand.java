package io.jrun.cli.convert;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.Amounts;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.HostVariables;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun bundle}. */
@Command(
        name = "bundle",
        description = "Turn an image into one program that carries it and starts it.",
        footer = {
            "",
            "The program needs no jrun, no Java and no rights on the host that it runs on, only",
            "a kernel that lets its user make user namespaces. Where there is squashfuse it",
            "mounts the image that it carries, elsewhere it extracts it once, below the cache",
            "directory. It compares itself with its digest when it is first run, and belongs to",
            "the architecture of the image.",
            "",
            "The options say how it starts; COMMAND, behind --, stands in the place of the",
            "image's own. Who runs it adds arguments, variables (-e) and mounts (-v): the",
            "program's --help tells.",
            "",
            "Example:",
            "  jrun bundle -o solver.run docker://registry.example/lab/solver:2.1",
            "  ./solver.run -v $$PWD:/mnt -- /mnt/input.dat"
        })
public final class BundleCommand implements Callable<Integer> {

    private final Console console;
    private final BundleOperations operations;

    @Mixin
    TalkOptions talk;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Name of the program; the image's name with .run by default.")
    private Optional<Path> output;

    @Option(
            names = {"-f", "--force"},
            description = "Replace the output if it exists.")
    private boolean force;

    @Mixin
    private SourceOptions source;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "KEY[=VALUE]",
            description = "Set a variable inside; without a value it is copied from who runs it.")
    private List<String> environment = new ArrayList<>();

    @Option(names = "--env-file", paramLabel = "FILE", description = "Set the variables of a file, as it is now.")
    private List<String> environmentFiles = new ArrayList<>();

    @Option(names = "--clean-env", description = "Let no variables in but by -e and --env-file.")
    private boolean cleanEnvironment;

    @Option(
            names = {"-m", "--mount", "--volume"},
            paramLabel = "SRC[:DST[:OPTS]]",
            description = "Show a file or directory of the host that it runs on inside, as start does.")
    private List<String> mounts = new ArrayList<>();

    @Option(
            names = "--mount-point",
            paramLabel = "DIR",
            description = "Give the image an empty directory for mounts of who runs it, where it has none; it gets /mnt"
                    + " in any case.")
    private List<String> mountPoints = new ArrayList<>();

    @Option(names = "--no-mount", paramLabel = "NAME", description = "Leave out a mount, as start does.")
    private List<String> withoutMounts = new ArrayList<>();

    @Option(names = "--overlay", description = "Let it write to a layer in memory, which ends with it.")
    private boolean overlay;

    @Option(
            names = {"-r", "--root"},
            description = "Appear as root inside; changes of ownership are pretended.")
    private boolean root;

    @Option(
            names = {"-w", "--workdir"},
            paramLabel = "DIR",
            description = "Working directory inside; the image's by default.")
    private Optional<String> directory;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "The image, as `jrun import` takes it.")
    private String reference;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "COMMAND", description = "Program and arguments inside.")
    private List<String> command = new ArrayList<>();

    public BundleCommand(Console console, BundleOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        BundleRequest request = new BundleRequest(
                source.source(reference),
                output,
                force ? Replacement.REPLACE : Replacement.REFUSE,
                mountPoints,
                start());
        WorkTalk conversation = new WorkTalk(console, progress);
        BundleResult result = conversation.during(listener -> operations.bundle(request, listener), this::sentences);
        console.result(result.output().toString());
        return ExitCode.SUCCESS.number();
    }

    private StartOptions start() {
        StartOptions.Builder options = StartOptions.of(List.of(), ByteString.of(reference))
                .environment(bytes(environment))
                .environmentFiles(bytes(environmentFiles))
                .mounts(bytes(mounts))
                .withoutMounts(bytes(withoutMounts))
                .command(bytes(command));
        if (cleanEnvironment) {
            options.hostVariables(HostVariables.NONE);
        }
        if (overlay) {
            options.rootAccess(new RootAccess.Overlay(ByteString.of("")));
        }
        if (root) {
            options.identity(Identity.ROOT);
        }
        directory.ifPresent(chosen -> options.workingDirectory(ByteString.of(chosen)));
        return options.build();
    }

    private static List<ByteString> bytes(List<String> texts) {
        return texts.stream().map(ByteString::of).toList();
    }

    private List<String> sentences(BundleResult result) {
        return WorkTalk.sentences(
                "bundled " + reference + " (" + result.digest() + "), " + Amounts.bytes(result.sizeInBytes()),
                result.notes());
    }
}

package io.jrun.cli.device;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun gpu list}. */
@Command(
        name = "list",
        description = "List GPUs, whether this job may open them, and what a start would give and why.",
        footer = {
            "",
            "Configuration and variables count as for start; with IMAGE its variables and C library do too.",
            "",
            "Example:",
            "  jrun gpu list --gpu=0,1 --format json",
            "  jrun gpu list pytorch"
        })
final class GpuListCommand implements Callable<Integer> {

    private static final String ALL = "all";

    private final Console console;
    private final DeviceOperations operations;

    @Option(
            names = "--gpu",
            paramLabel = "GPUS",
            arity = "0..1",
            fallbackValue = ALL,
            preprocessor = AttachedValue.class,
            description = "Show what start would do with this --gpu: all, none, N, 0,1, UUID, 0:1.")
    private Optional<String> gpu = Optional.empty();

    @Option(
            names = "--driver-root",
            paramLabel = "DIR",
            description = "Where devices and driver lie, default as configured, else /.")
    private Optional<Path> driverRoot = Optional.empty();

    @Parameters(
            paramLabel = "IMAGE",
            arity = "0..1",
            description = "A container, directory or image file: show what a start of it would give.")
    private Optional<String> image = Optional.empty();

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format;

    /** As for start: a value is attached by "=", and the word behind the option is IMAGE. */
    static final class AttachedValue implements IParameterPreprocessor {
        @Override
        public boolean preprocess(
                Stack<String> words, CommandSpec command, ArgSpec option, Map<String, Object> information) {
            if (!"=".equals(information.get("separator"))) {
                words.push(ALL);
            }
            return false;
        }
    }

    GpuListCommand(Console console, DeviceOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        GpuReport report = operations.report(gpu, driverRoot, image);
        console.result(
                chosen == OutputFormat.JSON
                        ? Json.toPrettyText(GpuReportForms.json(report))
                        : GpuReportForms.text(report));
        return ExitCode.SUCCESS.number();
    }
}

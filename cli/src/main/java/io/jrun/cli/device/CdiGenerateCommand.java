package io.jrun.cli.device;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.device.DeviceOperations.SpecForm;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.runtime.device.GpuVendor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jrun cdi generate}. */
@Command(
        name = "generate",
        description = "Write a CDI spec of this machine's GPUs or fast networks, for jrun and other runtimes.",
        footer = {
            "",
            "Example:",
            "  jrun cdi generate --output /etc/cdi/nvidia.yaml",
            "  jrun cdi generate --vendor fabric --output /etc/cdi/fabric.yaml"
        })
final class CdiGenerateCommand implements Callable<Integer> {

    private static final String FABRIC = "fabric";

    private final Console console;
    private final DeviceOperations operations;

    @Option(
            names = "--vendor",
            paramLabel = "NAME",
            description = "nvidia, amd or intel; default the first of which there is a GPU. fabric for InfiniBand,"
                    + " Slingshot and their like.")
    private Optional<String> vendor = Optional.empty();

    @Option(
            names = "--driver-root",
            paramLabel = "DIR",
            description = "Where devices and driver lie, default as configured, else /.")
    private Optional<Path> driverRoot = Optional.empty();

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "yaml", description = "yaml (default) or json.")
    private String format = "yaml";

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Write this file instead of standard output.")
    private Optional<Path> output = Optional.empty();

    @Mixin
    TalkOptions talk;

    CdiGenerateCommand(Console console, DeviceOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        String spec = spec();
        if (output.isPresent()) {
            operations.write(spec, output.get());
            console.result(output.get().toString());
        } else {
            console.result(spec);
        }
        return ExitCode.SUCCESS.number();
    }

    private String spec() throws IOException {
        if (vendor.equals(Optional.of(FABRIC))) {
            return operations.generateFabrics(driverRoot, form());
        }
        Optional<GpuVendor> chosen = vendor.isEmpty() ? Optional.empty() : Optional.of(vendor(vendor.get()));
        return operations.generate(chosen, driverRoot, form());
    }

    private static GpuVendor vendor(String name) throws UsageException {
        return Arrays.stream(GpuVendor.values())
                .filter(each -> each.label().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException(
                        Failure.of("write a spec for " + name, "jrun finds no GPUs of that vendor itself")
                                .hint("the vendors are nvidia, amd and intel; fabric stands for fast networks")));
    }

    private SpecForm form() throws UsageException {
        return Arrays.stream(SpecForm.values())
                .filter(each -> each.name().toLowerCase(Locale.ROOT).equals(format))
                .findFirst()
                .orElseThrow(() -> new UsageException(
                        Failure.of("write the spec in the format " + format, "there is no such format")
                                .hint("the formats are yaml and json")));
    }
}

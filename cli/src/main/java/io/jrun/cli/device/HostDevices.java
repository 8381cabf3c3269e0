package io.jrun.cli.device;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cdi.CdiGenerator;
import io.jrun.runtime.cdi.CdiRegistry;
import io.jrun.runtime.device.GpuInventory;
import io.jrun.runtime.device.GpuVendor;
import io.jrun.runtime.device.PlainDevices;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
import io.jrun.runtime.launch.DeviceOutlook;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.plan.DeviceOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Devices of this machine. */
public final class HostDevices implements DeviceOperations {

    @Override
    public GpuReport report(Optional<String> gpu, Optional<Path> driverRoot, Optional<String> image)
            throws IOException {
        DeviceOutlook outlook = outlook(gpu, driverRoot, image);
        RootedTree host = tree(outlook);
        CdiRegistry registry = CdiRegistry.load(host, outlook.specDirectories());
        Map<String, String> specified = new TreeMap<>();
        registry.devices()
                .forEach(name -> specified.put(name, registry.fileOf(name).orElse("")));
        List<String> unusable =
                registry.failures().stream().map(JrunException::getMessage).toList();
        return new GpuReport(
                GpuInventory.scan(host),
                PlainDevices.fabrics(host),
                outlook.wish(),
                outlook.set(),
                outlook.failure().map(JrunException::getMessage),
                specified,
                unusable);
    }

    /** As the start that it foretells would decide, by options, configuration, variables and image. */
    private static DeviceOutlook outlook(Optional<String> gpu, Optional<Path> driverRoot, Optional<String> image)
            throws IOException {
        // The report holds all that a start would tell.
        StartCompiler compiler = StartCompiler.forCaller(new ExistingImages(), note -> {}, warning -> {});
        DeviceOptions asked = new DeviceOptions(
                gpu,
                List.of(),
                driverRoot.map(
                        root -> ByteString.of(root.toAbsolutePath().normalize().toString())),
                Optional.empty());
        return compiler.devices(asked, image.map(ByteString::of));
    }

    private static RootedTree tree(DeviceOutlook outlook) {
        return new RootedTree(new KernelTree(), outlook.driverRoot().toString());
    }

    @Override
    public String generate(Optional<GpuVendor> vendor, Optional<Path> driverRoot, SpecForm form) throws IOException {
        RootedTree host = hostOf(driverRoot);
        GpuVendor chosen = vendor.or(() -> GpuInventory.scan(host).gpus().stream()
                        .map(gpu -> gpu.vendor())
                        .findFirst())
                .orElse(GpuVendor.NVIDIA);
        return text(CdiGenerator.generate(host, chosen), form);
    }

    @Override
    public String generateFabrics(Optional<Path> driverRoot, SpecForm form) throws IOException {
        return text(CdiGenerator.ofFabrics(hostOf(driverRoot)), form);
    }

    private static RootedTree hostOf(Optional<Path> driverRoot) throws IOException {
        return tree(outlook(Optional.of("none"), driverRoot, Optional.empty()));
    }

    private static String text(JsonValue spec, SpecForm form) {
        return form == SpecForm.JSON ? CdiGenerator.toJson(spec) : CdiGenerator.toYaml(spec);
    }

    @Override
    public void write(String spec, Path file) throws IOException {
        Path absolute = file.toAbsolutePath();
        try {
            Path directory =
                    Files.createDirectories(absolute.resolveSibling(".").normalize());
            Path unfinished = Files.createTempFile(directory, ".cdi", ".tmp");
            try {
                Files.write(unfinished, (spec + "\n").getBytes(StandardCharsets.UTF_8));
                Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("write the CDI spec " + file, FileFailure.cause(e))
                            .hint("/etc/cdi and /var/run/cdi belong to root; without --output the spec is printed"),
                    e);
        }
    }
}

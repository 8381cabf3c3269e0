package io.jrun.cli.device;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.json.JsonValue;
import io.jrun.runtime.cdi.CdiGenerator;
import io.jrun.runtime.cdi.CdiRegistry;
import io.jrun.runtime.cdi.DeviceInjection;
import io.jrun.runtime.cdi.DeviceRequest;
import io.jrun.runtime.device.DeviceSet;
import io.jrun.runtime.device.DeviceSurroundings;
import io.jrun.runtime.device.GpuInventory;
import io.jrun.runtime.device.GpuVendor;
import io.jrun.runtime.device.GpuWish;
import io.jrun.runtime.host.KernelTree;
import io.jrun.runtime.host.RootedTree;
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

    private final Map<String, String> environment;

    public HostDevices(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    private static RootedTree tree(Path root) {
        return new RootedTree(
                new KernelTree(), root.toAbsolutePath().normalize().toString());
    }

    @Override
    public GpuReport report(Optional<String> gpu, Path driverRoot) throws IOException {
        RootedTree host = tree(driverRoot);
        CdiRegistry registry = CdiRegistry.load(host);
        Map<String, String> specified = new TreeMap<>();
        registry.devices()
                .forEach(name -> specified.put(name, registry.fileOf(name).orElse("")));
        List<String> unusable =
                registry.failures().stream().map(JrunException::getMessage).toList();
        GpuInventory inventory = GpuInventory.scan(host);
        GpuWish wish = GpuWish.decide(gpu, environment, Map.of());
        Optional<DeviceSet> given = Optional.empty();
        Optional<String> failure = Optional.empty();
        try {
            given = Optional.of(DeviceInjection.compile(
                    new DeviceRequest(gpu, List.of()),
                    new DeviceSurroundings(host, Optional.empty(), environment, Map.of())));
        } catch (JrunException refused) {
            failure = Optional.of(refused.getMessage());
        }
        return new GpuReport(inventory, wish, given, failure, specified, unusable);
    }

    @Override
    public String generate(Optional<GpuVendor> vendor, Path driverRoot, SpecForm form) throws IOException {
        RootedTree host = tree(driverRoot);
        GpuVendor chosen = vendor.or(() -> GpuInventory.scan(host).gpus().stream()
                        .map(gpu -> gpu.vendor())
                        .findFirst())
                .orElse(GpuVendor.NVIDIA);
        JsonValue spec = CdiGenerator.generate(host, chosen);
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

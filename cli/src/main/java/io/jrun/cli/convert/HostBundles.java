package io.jrun.cli.convert;

import io.jrun.cli.console.Launcher;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.Version;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.start.ImageTree;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.convert.ConversionResult;
import io.jrun.image.convert.ImageConverter;
import io.jrun.image.convert.OutputFormat;
import io.jrun.image.convert.RootfsInput;
import io.jrun.image.convert.WithMountPoints;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.launch.BundleCompiler;
import io.jrun.runtime.launch.BundleFile;
import io.jrun.runtime.launch.LaunchOptions;
import io.jrun.runtime.plan.Machine;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.spec.ImageSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Bundles on this host: the image with LZ4, which squashfuse mounts and the program in front can unpack by itself, then
 * two plans, then the file.
 */
public final class HostBundles implements BundleOperations {

    private static final List<String> DIRECTORIES = List.of("/proc", "/sys", "/dev", "/tmp", "/mnt");
    private static final List<String> FILES =
            List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/etc/passwd", "/etc/group");

    private final Map<String, String> environment;

    public HostBundles(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public BundleResult bundle(BundleRequest request, ImportListener listener) throws IOException {
        Inputs inputs = new Inputs(environment);
        SourceReference reference = inputs.recognise(request.source());
        Path output = request.output()
                .orElse(Path.of(reference.defaultName() + ".run"))
                .toAbsolutePath();
        Path image = output.resolveSibling("." + output.getFileName() + ".image");
        if (request.replacement() != Replacement.REPLACE && Files.exists(output)) {
            throw new UsageException(
                    Failure.of("write " + output, "it exists (EEXIST)").hint("replace it with --force"));
        }
        ConversionProgress progress = new ConversionProgress(listener, reference.toString());
        progress.began();
        try (RootfsInput input = new WithMountPoints(
                inputs.open(request.source(), reference, MergeLimits.DEFAULT, progress), points(request))) {
            ConversionRequest conversion = conversion(request, image);
            ConversionResult converted = new ImageConverter(input, conversion, progress).convert();
            StartOptions start = named(request.start(), reference.defaultName());
            String digest = assemble(image, start, output, request.replacement());
            return new BundleResult(output, digest, Files.size(output), converted.losses());
        } finally {
            Files.deleteIfExists(image);
        }
    }

    /** What `jrun list --running` on the other host shows. */
    private static StartOptions named(StartOptions start, String name) {
        return start.withContainer(ByteString.of(name));
    }

    private static Map<String, WithMountPoints.Kind> points(BundleRequest request) {
        Map<String, WithMountPoints.Kind> points = new LinkedHashMap<>();
        DIRECTORIES.forEach(path -> points.put(path, WithMountPoints.Kind.DIRECTORY));
        FILES.forEach(path -> points.put(path, WithMountPoints.Kind.FILE));
        points.put("/etc/localtime", WithMountPoints.Kind.FILE_BUT_NO_LINK);
        request.mountPoints().forEach(path -> points.put(path, WithMountPoints.Kind.DIRECTORY));
        for (ByteString mount : request.start().mounts()) {
            String[] parts = mount.toString().split(":", -1);
            String target = parts.length > 1 ? parts[1] : parts[0];
            if (target.startsWith("/") && !mount.toString().contains(",")) {
                boolean file = Files.isRegularFile(Path.of(parts[0]));
                points.put(target, file ? WithMountPoints.Kind.FILE : WithMountPoints.Kind.DIRECTORY);
            }
        }
        return points;
    }

    private static ConversionRequest conversion(BundleRequest request, Path image) throws UsageException {
        Optional<String> platform = request.source().platform();
        return new ConversionRequest(
                platform.isPresent() ? Platform.parse(platform.get()) : Platform.ofHost(),
                image,
                Existing.REPLACE,
                new OutputFormat.Squashfs(
                        Compression.LZ4, Compression.LZ4.maxLevel(), SquashfsOptions.DEFAULT_BLOCK_SIZE),
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                Version.number());
    }

    private String assemble(Path image, StartOptions start, Path output, Replacement replacement) throws IOException {
        try (SquashfsImage opened = SquashfsImage.open(image)) {
            HostFiles tree = new ImageTree(opened);
            Machine machine = machine(tree);
            Path programs = new Launcher(environment).home().resolve("lib/bundle");
            Path program = programs.resolve(machine.directoryName());
            if (!Files.isRegularFile(program)) {
                throw new HostUnsupportedException(Failure.of(
                                "bundle the image",
                                "this installation has no program for " + machine.directoryName() + " (ENOENT)")
                        .hint("bundle it with a jrun that was built with a compiler for that architecture"));
            }
            int build = Integer.parseUnsignedInt(
                    Files.readString(programs.resolve("build")).strip().substring(2), 16);
            BundleCompiler compiler = new BundleCompiler(tree, start, LaunchOptions.NONE, machine, build);
            return BundleFile.write(
                    program,
                    image,
                    compiler.forMountedAt(BundleFile.imageOffset(program)),
                    compiler.forExtracted(),
                    output,
                    replacement == Replacement.REPLACE);
        }
    }

    /** What the image says; one that says nothing is taken for this host's. */
    private static Machine machine(HostFiles tree) throws JrunException {
        Optional<byte[]> config = tree.read(ByteString.of(ImageSettings.PATH_IN_ROOTFS), ImageSettings.MAX_BYTES);
        Optional<String> platform = config.isPresent()
                ? ImageSettings.parse(config.get(), ImageSettings.PATH_IN_ROOTFS)
                        .platform()
                : Optional.empty();
        if (platform.isEmpty()) {
            return Machine.host();
        }
        String architecture = platform.get().toLowerCase(Locale.ROOT);
        if (architecture.startsWith("linux/amd64")) {
            return Machine.X86_64;
        } else if (architecture.startsWith("linux/arm64")) {
            return Machine.AARCH64;
        }
        throw new HostUnsupportedException(
                Failure.of("bundle the image", "jrun starts no programs for " + platform.get() + " (ENOEXEC)"));
    }
}

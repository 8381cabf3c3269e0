package io.jrun.cli.convert;

import io.jrun.cli.console.ByteSize;
import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.console.Termination;
import io.jrun.cli.convert.ImportRequest.Owners;
import io.jrun.cli.convert.ImportRequest.Transport;
import io.jrun.cli.progress.Amounts;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.json.Json;
import io.jrun.cli.registry.RegistryFlags;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun import}. */
@Command(
        name = "import",
        description = "Turn an image into one image file.",
        footer = {
            "",
            "SOURCE is one of:",
            "  [docker://][USER@][REGISTRY/]NAME[:TAG][@DIGEST]  an image in a registry",
            "  docker-archive:FILE[:NAME[:TAG]]  what `docker save` writes",
            "  oci:DIR[:TAG|@DIGEST]             a directory with an OCI layout",
            "  oci-archive:FILE[:TAG|@DIGEST]    a tar file of such a directory",
            "  dockerd://IMAGE, podman://IMAGE   an image that the engine on this machine has",
            "  tar:FILE, dir:DIR, squashfs:FILE  a root filesystem",
            "  FILE or DIR                       any of these, told by its content",
            "  -                                 the same, from standard input",
            "A name is a file if it starts with /, ./ or ../ or ends in .tar, .tar.gz, .tgz,",
            ".tar.zst, .sqsh, .squashfs and the like. Archives may be compressed.",
            "",
            "Credentials are taken from --authfile, $$REGISTRY_AUTH_FILE, the containers",
            "auth.json, $$DOCKER_CONFIG/config.json and $$ENROOT_CONFIG_PATH/.credentials,",
            "in this order. registries.conf and certs.d of the containers tools are obeyed.",
            "",
            "Example:",
            "  jrun import -o solver.sqsh docker://registry.example/lab/solver:2.1",
            "  docker save lab/solver:2.1 | ssh login jrun import -o solver.sqsh -"
        })
public final class ImportCommand implements Callable<Integer> {

    private final Console console;
    private final ImportOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private ProgressOptions shown;

    @Mixin
    private MannerOptions manner;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The image file to write; by default named after the image.")
    private Optional<Path> output;

    @Option(
            names = {"-f", "--force"},
            description = "Replace the file if it exists.")
    private boolean force;

    @ArgGroup(multiplicity = "0..1")
    private PlatformOptions platform;

    private static final class PlatformOptions {
        @Option(
                names = {"-a", "--arch"},
                paramLabel = "ARCH",
                description = "Architecture of the image, such as arm64; this machine's by default.")
        private Optional<String> architecture;

        @Option(
                names = "--platform",
                paramLabel = "OS/ARCH[/VARIANT]",
                description = "Platform of the image, such as linux/arm/v7.")
        private Optional<String> platform;
    }

    @Option(
            names = "--compress",
            paramLabel = "CODEC",
            defaultValue = "zstd",
            description = "zstd (default), gzip or none.")
    private String compression;

    @Option(names = "--level", paramLabel = "N", description = "How hard to compress: zstd 1 to 22, gzip 1 to 9.")
    private Optional<Integer> level;

    @Option(
            names = "--block-size",
            paramLabel = "BYTES",
            description = "Size of the compressed blocks, a power of two from 4K to 1M; 128K by default.")
    private Optional<ByteSize> blockSize;

    @Option(names = "--all-root", description = "Let root own every file.")
    private boolean allRoot;

    @Mixin
    RegistryFlags registry;

    @Option(names = "--max-entries", paramLabel = "N", description = "Refuse images with more files than this.")
    private Optional<Long> maxEntries;

    @Option(
            names = "--max-size",
            paramLabel = "BYTES",
            description = "Refuse images larger than this when unpacked; K, M, G and T may follow.")
    private Optional<ByteSize> maxSize;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the name of the file, and errors.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "The image, in one of the forms below.")
    private String reference;

    public ImportCommand(Console console, ImportOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        manner.check(output.isPresent() || force);
        if (manner.isPlanOnly()) {
            ImportPlan plan = operations.planImport(request());
            console.result(
                    manner.isJson() ? Json.toPrettyText(ImportPlanReport.json(plan)) : ImportPlanReport.text(plan));
            return ExitCode.SUCCESS.number();
        }
        ImportListener progress = shown.listener(console, quiet);
        Termination.beforeDying(progress::ended);
        ImportResult result;
        try {
            result = operations.importImage(request(), progress);
            tell(result, progress);
        } finally {
            progress.ended();
        }
        shown.writeTimings();
        console.result(result.imageFile().toString());
        return ExitCode.SUCCESS.number();
    }

    private ImportRequest request() {
        return new ImportRequest(
                reference,
                output,
                force ? Replacement.REPLACE : Replacement.REFUSE,
                platformText(),
                compression,
                level.map(OptionalInt::of).orElse(OptionalInt.empty()),
                blockSize
                        .map(size -> OptionalInt.of(Math.toIntExact(size.sizeInBytes())))
                        .orElse(OptionalInt.empty()),
                allRoot ? Owners.ALL_ROOT : Owners.AS_RECORDED,
                registry.authFile(),
                registry.isPlainHttp() ? Transport.PLAIN_HTTP : Transport.VERIFIED,
                maxEntries.map(OptionalLong::of).orElse(OptionalLong.empty()),
                maxSize.map(size -> OptionalLong.of(size.sizeInBytes())).orElse(OptionalLong.empty()),
                manner.manner());
    }

    private Optional<String> platformText() {
        return platform == null
                ? Optional.empty()
                : platform.platform.or(() -> platform.architecture.map(name -> "linux/" + name));
    }

    private void tell(ImportResult result, ImportListener progress) {
        progress.note(
                "imported " + reference + " (" + result.manifestDigest() + "), " + Amounts.bytes(result.sizeInBytes()));
        result.notes().forEach(progress::note);
    }
}

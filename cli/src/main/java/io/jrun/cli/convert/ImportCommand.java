package io.jrun.cli.convert;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import io.jrun.cli.progress.Amounts;
import io.jrun.cli.progress.ProgressOptions;
import io.jrun.cli.progress.WorkTalk;
import io.jrun.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
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
    private TargetOptions target;

    @Mixin
    private SourceOptions source;

    @Mixin
    private MannerOptions manner;

    @Mixin
    private LimitOptions limits;

    @Option(
            names = "--provenance",
            paramLabel = "FILE",
            description = "Write where the image came from, when, and on which host it was imported to FILE, as JSON.")
    private Optional<Path> provenance;

    @Mixin
    private ProgressOptions progress;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "The image, in one of the forms below.")
    private String reference;

    public ImportCommand(Console console, ImportOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        manner.check(target.namesOutput());
        ImportRequest request =
                new ImportRequest(source.source(reference), target.target(), limits.limits(), manner.manner());
        if (manner.isPlanOnly()) {
            ImportPlan plan = operations.planImport(request);
            console.result(
                    manner.isJson() ? Json.toPrettyText(ImportPlanReport.json(plan)) : ImportPlanReport.text(plan));
            return ExitCode.SUCCESS.number();
        }
        WorkTalk conversation = new WorkTalk(console, progress);
        ImportResult result =
                conversation.during(listener -> operations.importImage(request, listener), this::sentences);
        if (provenance.isPresent()) {
            ProvenanceFile.write(provenance.get(), reference, result, Instant.now());
        }
        console.result(result.output().toString());
        return ExitCode.SUCCESS.number();
    }

    private List<String> sentences(ImportResult result) {
        String digest = result.manifestDigest().map(found -> " (" + found + ")").orElse("");
        return WorkTalk.sentences(
                "imported " + reference + digest + ", " + Amounts.bytes(result.sizeInBytes()), result.notes());
    }
}

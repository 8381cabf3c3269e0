package io.jrun.image.model;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How the image wants to be run, and what its layers unpack to. Source: OCI image-spec 1.1, config.md.
 *
 * @param platform empty when the builder left system or architecture out
 * @param created empty when absent or no RFC 3339 time; builders are careless with it, and nothing is decided by it
 * @param env {@code NAME=VALUE} in the order of the config
 * @param diffIds of the uncompressed layers, lowest first
 */
public record ImageConfig(
        Optional<Platform> platform,
        Optional<Instant> created,
        Optional<String> author,
        List<String> env,
        List<String> entrypoint,
        List<String> cmd,
        Optional<String> workingDir,
        Optional<String> user,
        Optional<String> stopSignal,
        Map<String, String> labels,
        List<String> volumes,
        List<String> exposedPorts,
        List<Digest> diffIds,
        List<History> history) {

    /** One step of the build; steps that are empty layers have no entry among the manifest's layers. */
    public record History(
            Optional<Instant> created, Optional<String> createdBy, Optional<String> comment, boolean emptyLayer) {}

    /** Configs carry the whole build history and labels; the largest known stay below one MiB. */
    public static final int MAX_SIZE_IN_BYTES = 16 << 20;

    public ImageConfig {
        env = List.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
        volumes = List.copyOf(volumes);
        exposedPorts = List.copyOf(exposedPorts);
        diffIds = List.copyOf(diffIds);
        history = List.copyOf(history);
    }

    /**
     * Reads and checks one document.
     *
     * @param what names the document in messages ("config of lab/solver:2.1")
     */
    public static ImageConfig read(byte[] document, String what) throws CorruptDataException {
        DocumentReader reader = DocumentReader.parse(document, MAX_SIZE_IN_BYTES, what);
        DocumentReader rootfs = reader.object("rootfs").orElseThrow(() -> reader.malformed("\"rootfs\" is missing"));
        Optional<DocumentReader> config = reader.object("config");
        DocumentReader process = config.isPresent() ? config.get() : DocumentReader.parse(EMPTY, 2, what);
        return new ImageConfig(
                platform(reader),
                instant(reader),
                reader.text("author"),
                process.strings("Env"),
                process.strings("Entrypoint"),
                process.strings("Cmd"),
                process.text("WorkingDir"),
                process.text("User"),
                process.text("StopSignal"),
                process.stringMap("Labels"),
                process.keys("Volumes"),
                process.keys("ExposedPorts"),
                rootfs.digests("diff_ids"),
                history(reader));
    }

    private static final byte[] EMPTY = {'{', '}'};

    private static Optional<Platform> platform(DocumentReader reader) throws CorruptDataException {
        Optional<String> os = reader.text("os");
        Optional<String> architecture = reader.text("architecture");
        return os.isEmpty() || architecture.isEmpty()
                ? Optional.empty()
                : Optional.of(new Platform(os.get(), architecture.get(), reader.text("variant")));
    }

    private static Optional<Instant> instant(DocumentReader reader) throws CorruptDataException {
        Optional<String> text = reader.text("created");
        try {
            return text.map(OffsetDateTime::parse).map(OffsetDateTime::toInstant);
        } catch (DateTimeException notATime) {
            return Optional.empty();
        }
    }

    private static List<History> history(DocumentReader reader) throws CorruptDataException {
        List<History> steps = new ArrayList<>();
        for (DocumentReader step : reader.objects("history")) {
            steps.add(new History(
                    instant(step), step.text("created_by"), step.text("comment"), step.flag("empty_layer")));
        }
        return steps;
    }
}

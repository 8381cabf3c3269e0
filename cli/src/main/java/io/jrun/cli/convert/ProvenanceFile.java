package io.jrun.cli.convert;

import io.jrun.cli.console.Version;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an image file cannot hold, because the same image would then give other bytes: where it came from, when, on which
 * host.
 */
final class ProvenanceFile {

    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    private ProvenanceFile() {}

    /** Replaces the file. */
    static void write(Path file, String reference, ImportResult result, Instant when) throws StorageException {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("reference", JsonValue.of(reference));
        result.manifestDigest().ifPresent(digest -> members.put("manifestDigest", JsonValue.of(digest)));
        members.put("output", JsonValue.of(result.output().toAbsolutePath().toString()));
        members.put("bytes", JsonValue.of(result.sizeInBytes()));
        members.put("imported", JsonValue.of(when.toString()));
        members.put("notes", JsonValue.ofStrings(result.notes()));
        members.put("jrunVersion", JsonValue.of(Version.number()));
        try {
            String host = Files.readString(HOST_NAME, StandardCharsets.UTF_8).strip();
            members.put("host", JsonValue.of(host));
            Files.writeString(file, Json.toPrettyText(new JsonObject(members)) + "\n", StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new StorageException(Failure.of("write " + file, FileFailure.cause(e)), e);
        }
    }
}

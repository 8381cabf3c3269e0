package io.jrun.image.push;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.push.PushContent.PushBlob;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image file as an artifact: its bytes are the only layer. The same file under the same name makes the same manifest.
 * Source: OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage".
 */
public final class ImageFileArtifact {

    private static final MediaType EMPTY = MediaType.of("application/vnd.oci.empty.v1+json");
    private static final byte[] EMPTY_CONFIG = "{}".getBytes(StandardCharsets.US_ASCII);

    /** Tools that fetch artifacts name the file so. */
    private static final String TITLE_ANNOTATION = "org.opencontainers.image.title";

    private static final int BUFFER_SIZE = 1 << 18;

    private ImageFileArtifact() {}

    /**
     * Reads the file once, for its digest.
     *
     * @param platform which machines it is for, where it says
     */
    public static PushContent of(Path file, Optional<String> platform) throws JrunException {
        Descriptor layer = layer(file);
        Descriptor config = Descriptor.of(EMPTY, Digest.sha256(EMPTY_CONFIG), EMPTY_CONFIG.length);
        Map<String, JsonValue> manifest = new LinkedHashMap<>();
        manifest.put("schemaVersion", JsonValue.of(2));
        manifest.put("mediaType", JsonValue.of(MediaType.OCI_MANIFEST.value()));
        manifest.put("artifactType", JsonValue.of(ImageFileBlob.ARTIFACT_TYPE.value()));
        manifest.put("config", json(config, Optional.empty()));
        manifest.put("layers", new JsonArray(List.of(json(layer, Optional.of(String.valueOf(file.getFileName()))))));
        platform.ifPresent(text -> manifest.put(
                "annotations", new JsonObject(Map.of(ImageFileBlob.PLATFORM_ANNOTATION, JsonValue.of(text)))));
        RawDocument document = RawDocument.of(Json.toBytes(new JsonObject(manifest)));
        return new PushContent(
                Descriptor.of(MediaType.OCI_MANIFEST, document.digest(Digest.Algorithm.SHA256), document.sizeInBytes()),
                document,
                List.of(
                        new PushBlob(layer, BlobContent.ofFile(file)),
                        new PushBlob(config, BlobContent.ofBytes(EMPTY_CONFIG))),
                List.of());
    }

    private static Descriptor layer(Path file) throws NotFoundException {
        Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
        byte[] buffer = new byte[BUFFER_SIZE];
        long size = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                hasher.update(buffer, 0, count);
                size += count;
            }
        } catch (IOException e) {
            throw new NotFoundException(
                    Failure.of("read " + file, FileFailure.cause(e)).hint("check the name of the image file"), e);
        }
        return Descriptor.of(ImageFileBlob.SQUASHFS, hasher.finish(), size);
    }

    private static JsonValue json(Descriptor descriptor, Optional<String> title) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("mediaType", JsonValue.of(descriptor.mediaType().value()));
        members.put("digest", JsonValue.of(descriptor.digest().toString()));
        members.put("size", JsonValue.of(descriptor.sizeInBytes()));
        title.ifPresent(
                name -> members.put("annotations", new JsonObject(Map.of(TITLE_ANNOTATION, JsonValue.of(name)))));
        return new JsonObject(members);
    }
}

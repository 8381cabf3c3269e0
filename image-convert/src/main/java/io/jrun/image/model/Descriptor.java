package io.jrun.image.model;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Points to a document or blob by digest and size. Source: OCI image-spec 1.1, descriptor.md.
 *
 * @param sizeInBytes of the blob as it is transferred, that is compressed
 * @param urls other places where the blob may be, for layers that a registry must not distribute
 */
public record Descriptor(
        MediaType mediaType,
        Digest digest,
        long sizeInBytes,
        Optional<Platform> platform,
        Map<String, String> annotations,
        List<String> urls) {

    /** One blob of more than this is an error or an attack: registries refuse them far earlier. */
    static final long MAX_SIZE_IN_BYTES = 1L << 42;

    private static final String ATTESTATION_ANNOTATION = "vnd.docker.reference.type";
    private static final String UNKNOWN = "unknown";

    public Descriptor {
        if (sizeInBytes < 0) {
            throw new IllegalArgumentException("size " + sizeInBytes + " is negative");
        }
        annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
        urls = List.copyOf(urls);
    }

    public static Descriptor of(MediaType mediaType, Digest digest, long sizeInBytes) {
        return new Descriptor(mediaType, digest, sizeInBytes, Optional.empty(), Map.of(), List.of());
    }

    static Descriptor read(DocumentReader reader) throws CorruptDataException {
        long size = reader.size("size");
        if (size > MAX_SIZE_IN_BYTES) {
            throw reader.malformed("\"size\" is " + size + ", more than " + MAX_SIZE_IN_BYTES);
        }
        Optional<DocumentReader> platform = reader.object("platform");
        return new Descriptor(
                MediaType.of(reader.string("mediaType").orElse("")),
                reader.digest("digest"),
                size,
                platform.isPresent() ? readPlatform(platform.get()) : Optional.empty(),
                reader.stringMap("annotations"),
                reader.strings("urls"));
    }

    private static Optional<Platform> readPlatform(DocumentReader reader) throws CorruptDataException {
        Optional<String> os = reader.text("os");
        Optional<String> architecture = reader.text("architecture");
        return os.isEmpty() || architecture.isEmpty()
                ? Optional.empty()
                : Optional.of(new Platform(os.get(), architecture.get(), reader.text("variant")));
    }

    /** Whether this is a statement about another entry of the index (provenance, bill of materials), not an image. */
    public boolean isAttestation() {
        return annotations.containsKey(ATTESTATION_ANNOTATION)
                || platform.filter(
                                p -> p.os().equals(UNKNOWN) && p.architecture().equals(UNKNOWN))
                        .isPresent();
    }
}

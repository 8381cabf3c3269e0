package io.jrun.image.push;

import io.jrun.image.model.Descriptor;
import io.jrun.image.model.RawDocument;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A manifest or index with all that it names.
 *
 * @param descriptor of {@code document}; its media type is what the registry is told
 * @param blobs of a manifest: config and layers, each digest once
 * @param parts of an index
 */
public record PushContent(Descriptor descriptor, RawDocument document, List<PushBlob> blobs, List<PushContent> parts) {

    /** One blob and where its bytes are. */
    record PushBlob(Descriptor descriptor, BlobContent content) {}

    public PushContent {
        blobs = List.copyOf(blobs);
        parts = List.copyOf(parts);
    }

    /** Every blob of this and its parts, repeated ones once. */
    public List<Descriptor> blobDescriptors() {
        return allBlobs().stream().map(PushBlob::descriptor).toList();
    }

    List<PushBlob> allBlobs() {
        return Stream.concat(blobs.stream(), parts.stream().flatMap(part -> part.allBlobs().stream()))
                .collect(Collectors.toMap(
                        blob -> blob.descriptor().digest(), blob -> blob, (one, same) -> one, LinkedHashMap::new))
                .values()
                .stream()
                .toList();
    }
}

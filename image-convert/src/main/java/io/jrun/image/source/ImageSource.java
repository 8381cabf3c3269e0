package io.jrun.image.source;

import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** One image in a registry, layout or archive. {@link #resolve} comes first. Safe for use by several threads. */
public interface ImageSource extends AutoCloseable {

    /** Manifest and config for a platform, both verified against their digests where there are any. */
    ResolvedImage resolve(Platform platform) throws IOException;

    /**
     * The image file, where there is one in place of an image: it is opened as if it were a layer and needs no
     * conversion. May come before {@link #resolve}.
     *
     * @throws io.jrun.error.NotFoundException where it is for another platform
     */
    default Optional<ImageFileBlob> imageFile(Platform platform) throws IOException {
        return Optional.empty();
    }

    /**
     * Starts fetching in the background and returns at once; repeated layers are fetched once. What goes wrong is thrown
     * by {@link #openLayer}. A kind whose layers are at hand does nothing.
     *
     * @param layersInOrder as they will be opened
     */
    void prefetch(List<Descriptor> layersInOrder) throws IOException;

    /**
     * The layer as it is transferred, still compressed, possibly while it still arrives; may be called again for another
     * pass. Size and digest are verified: the read that meets the end throws {@link io.jrun.error.CorruptDataException}
     * if they differ, so whoever stops early must not trust what he has read. The caller closes the stream.
     */
    InputStream openLayer(Descriptor layer) throws IOException;

    /** Stops what is under way. What has been fetched is kept for later, where the kind has a cache. */
    @Override
    void close() throws IOException;
}

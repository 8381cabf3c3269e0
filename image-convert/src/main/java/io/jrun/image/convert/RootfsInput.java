package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import java.io.IOException;
import java.util.Optional;

/**
 * Where the root filesystem of a conversion comes from. {@link #begin} is called first and once, then one of the other
 * two, once; all by one thread.
 */
public interface RootfsInput extends AutoCloseable {

    /** What can be known before the first content is read. */
    Beginning begin(Platform platform, MergeLimits limits, ConversionListener listener) throws IOException;

    /** What there is to read, where that is known when this has begun. */
    default Optional<Volume> volume() {
        return Optional.empty();
    }

    /** Whether contents come in one pass, and so in their own order. */
    default boolean passesOnce() {
        return false;
    }

    /** Hands over all contents in the order that suits this kind, and then the tree that names them. */
    Rootfs readInto(ContentStore contents) throws IOException;

    /** The tree with contents that stay where they are until wanted; empty for kinds that bring them in one pass. */
    default Optional<RestingRootfs> atRest() throws IOException {
        return Optional.empty();
    }

    /** @param contents good until the input is closed */
    record RestingRootfs(Rootfs rootfs, ContentSource contents) {}

    @Override
    void close() throws IOException;
}

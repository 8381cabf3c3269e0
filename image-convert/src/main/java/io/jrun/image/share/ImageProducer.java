package io.jrun.image.share;

import java.io.IOException;
import java.nio.file.Path;

/** Makes the image file that is missing. */
@FunctionalInterface
public interface ImageProducer {

    /**
     * Writes the whole file, synced. What this throws, waiters of the same user are told too, where it would meet them as
     * well.
     *
     * @param file does not exist; only this call writes there
     */
    void produce(Path file) throws IOException;
}

package io.jrun.image.blob;

import java.nio.file.Path;
import java.time.Instant;

/**
 * A file of the blob cache, as it was at one moment.
 *
 * @param digest of the whole blob, with its algorithm
 * @param sizeInBytes of what is there
 * @param lastUse to the hour
 */
public record StoredBlob(Path file, String digest, long sizeInBytes, Instant lastUse, State state) {

    /** How much of it is there, and whose it is. */
    public enum State {
        WHOLE,
        /** Part of a blob, whose writer is gone; the next one resumes it. */
        ABANDONED,
        /** Part of a blob that somebody may be writing. */
        GROWING
    }
}

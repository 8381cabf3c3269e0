package io.jrun.cli.cache;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;

/**
 * A file of the cache.
 *
 * @param name a digest for blobs, a file name for others
 * @param lastUse of blobs to the hour
 */
public record CacheEntry(Kind kind, String name, Path file, long sizeInBytes, Instant lastUse) {

    /** What a file of the cache is; names are part of the interface to programs. */
    public enum Kind {
        /** A layer, manifest or config, whole. */
        BLOB,
        /** Part of a blob that nobody is writing; the next import goes on with it. */
        PARTIAL,
        /** Part of a blob that an import is writing. */
        DOWNLOAD,
        /** An image file that a start of a reference has made. */
        IMAGE,
        /** Where an image file holds a layer. */
        LAYER,
        /** How to start a container. */
        PLAN,
        /** What to report a fault of jrun with. */
        REPORT;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}

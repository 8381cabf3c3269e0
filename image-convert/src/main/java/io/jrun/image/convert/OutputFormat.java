package io.jrun.image.convert;

import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.squashfs.Compression;

/** The form of a result. */
public sealed interface OutputFormat {

    /** As users type it. */
    String label();

    /** How contents are packed, as users type it. */
    String compressionLabel();

    /**
     * @param level within the compression's range
     * @param blockSizeInBytes a power of two from 4,096 to 1,048,576
     */
    record Squashfs(Compression compression, int level, int blockSizeInBytes) implements OutputFormat {
        @Override
        public String compressionLabel() {
            return compression.label();
        }

        @Override
        public String label() {
            return "squashfs";
        }
    }

    /** @param level within the compression's range */
    record Tar(ArchiveCompression compression, int level) implements OutputFormat {
        @Override
        public String compressionLabel() {
            return compression.label();
        }

        @Override
        public String label() {
            return "tar";
        }
    }

    /** An extracted tree. */
    record Directory() implements OutputFormat {
        @Override
        public String compressionLabel() {
            return "none";
        }

        @Override
        public String label() {
            return "dir";
        }
    }

    /** An OCI layout with one layer. */
    record OciLayout(ArchiveCompression compression, int level) implements OutputFormat {
        @Override
        public String compressionLabel() {
            return compression.label();
        }

        @Override
        public String label() {
            return "oci";
        }
    }
}

package io.jrun.image.layer;

import io.jrun.image.tree.Metadata;

/** One entry of a layer as its headers describe it; names are raw, as recorded. */
final class TarEntry {

    enum Kind {
        REGULAR_FILE,
        HARD_LINK,
        SYMBOLIC_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO,
        SOCKET
    }

    private final Kind kind;
    private final long offset;
    private final byte[] path;
    private final byte[] linkTarget;
    private final Metadata metadata;
    private final long sizeInBytes;
    private final int deviceMajor;
    private final int deviceMinor;

    TarEntry(
            Kind kind,
            long offset,
            byte[] path,
            byte[] linkTarget,
            Metadata metadata,
            long sizeInBytes,
            int deviceMajor,
            int deviceMinor) {
        this.kind = kind;
        this.offset = offset;
        this.path = path;
        this.linkTarget = linkTarget;
        this.metadata = metadata;
        this.sizeInBytes = sizeInBytes;
        this.deviceMajor = deviceMajor;
        this.deviceMinor = deviceMinor;
    }

    Kind kind() {
        return kind;
    }

    /** Of the header block, in the uncompressed layer. */
    long offset() {
        return offset;
    }

    /** Not a copy: not to be changed. */
    byte[] path() {
        return path;
    }

    /** Of hard and symbolic links, else empty; not a copy: not to be changed. */
    byte[] linkTarget() {
        return linkTarget;
    }

    Metadata metadata() {
        return metadata;
    }

    /** Of a regular file, with its holes; 0 for all else. */
    long sizeInBytes() {
        return sizeInBytes;
    }

    int deviceMajor() {
        return deviceMajor;
    }

    int deviceMinor() {
        return deviceMinor;
    }
}

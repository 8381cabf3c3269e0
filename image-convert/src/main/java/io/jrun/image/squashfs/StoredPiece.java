package io.jrun.image.squashfs;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/** Bytes that were written to an image file, and their SHA-256. */
final class StoredPiece {

    static final int DIGEST_LENGTH = 32;

    private final long position;
    private final int length;
    private final byte[] digests;
    private final int digestAt;

    /** @param digests holds the digest at {@code digestAt}; not copied */
    StoredPiece(long position, int length, byte[] digests, int digestAt) {
        this.position = position;
        this.length = length;
        this.digests = digests;
        this.digestAt = digestAt;
    }

    long position() {
        return position;
    }

    int length() {
        return length;
    }

    /**
     * The digest of the bytes, if it is the right one.
     *
     * @return empty array when the bytes are others
     */
    byte[] verified(ByteBuffer bytes, MessageDigest sha256) {
        sha256.update(bytes.slice(0, length));
        byte[] found = sha256.digest();
        return Arrays.equals(found, 0, DIGEST_LENGTH, digests, digestAt, digestAt + DIGEST_LENGTH)
                ? found
                : new byte[0];
    }
}

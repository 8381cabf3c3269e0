package io.jrun.image.squashfs;

import java.io.DataOutput;
import java.io.IOException;

/** Equal for equal contents only: the size and a hash that no image can forge, so no byte is compared again. */
record ContentKey(long sizeInBytes, long hash0, long hash1, long hash2, long hash3) {

    static ContentKey of(long sizeInBytes, byte[] sha256) {
        return new ContentKey(
                sizeInBytes,
                LittleEndian.i64(sha256, 0),
                LittleEndian.i64(sha256, 8),
                LittleEndian.i64(sha256, 16),
                LittleEndian.i64(sha256, 24));
    }

    /** The SHA-256 as it was given; of no use after another hash. */
    void write(DataOutput to) throws IOException {
        byte[] sha256 = new byte[StoredPiece.DIGEST_LENGTH];
        LittleEndian.put64(sha256, 0, hash0);
        LittleEndian.put64(sha256, 8, hash1);
        LittleEndian.put64(sha256, 16, hash2);
        LittleEndian.put64(sha256, 24, hash3);
        to.write(sha256);
    }
}

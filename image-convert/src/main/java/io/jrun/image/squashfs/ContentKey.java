package io.jrun.image.squashfs;

/** Equal for equal contents only: the size and a SHA-256, which no image can forge, so no byte is compared again. */
record ContentKey(long sizeInBytes, long hash0, long hash1, long hash2, long hash3) {

    static ContentKey of(long sizeInBytes, byte[] sha256) {
        return new ContentKey(
                sizeInBytes,
                LittleEndian.i64(sha256, 0),
                LittleEndian.i64(sha256, 8),
                LittleEndian.i64(sha256, 16),
                LittleEndian.i64(sha256, 24));
    }
}

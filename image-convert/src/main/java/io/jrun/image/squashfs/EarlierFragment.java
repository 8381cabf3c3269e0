package io.jrun.image.squashfs;

/** A fragment block in an {@link EarlierImage}; equality is identity. */
final class EarlierFragment {

    private final long position;
    private final int sizeWord;
    private final int plainLength;
    private final byte[] digest;

    /** @param digest SHA-256 of the stored bytes; not copied */
    EarlierFragment(long position, int sizeWord, int plainLength, byte[] digest) {
        this.position = position;
        this.sizeWord = sizeWord;
        this.plainLength = plainLength;
        this.digest = digest;
    }

    int plainLength() {
        return plainLength;
    }

    boolean isCompressed() {
        return (sizeWord & SquashfsFormat.DATA_STORED_UNCOMPRESSED) == 0;
    }

    StoredPiece piece() {
        return new StoredPiece(position, sizeWord & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED, digest, 0);
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.KnownContent;

/** A content that lies in an {@link EarlierImage}, as a record of it says. */
sealed interface EarlierContent extends KnownContent {

    EarlierImage image();

    /** No bytes, no place. */
    record Empty(EarlierImage image) implements EarlierContent {
        @Override
        public long sizeInBytes() {
            return 0;
        }
    }

    /** One that shares a fragment block. Equality is identity: not to be compared. */
    record Small(EarlierImage image, long sizeInBytes, ContentKey key, EarlierFragment fragment, int offset)
            implements EarlierContent {}

    /** One of whole blocks, the last of which may be short. */
    final class Blocks implements EarlierContent {

        private final EarlierImage image;
        private final long sizeInBytes;
        private final long start;
        private final int[] sizeWords;
        private final byte[] digests;

        /**
         * @param sizeWords one per block; not copied
         * @param digests SHA-256 of each stored block, one behind the other; not copied
         */
        Blocks(EarlierImage image, long sizeInBytes, long start, int[] sizeWords, byte[] digests) {
            this.image = image;
            this.sizeInBytes = sizeInBytes;
            this.start = start;
            this.sizeWords = sizeWords;
            this.digests = digests;
        }

        @Override
        public EarlierImage image() {
            return image;
        }

        @Override
        public long sizeInBytes() {
            return sizeInBytes;
        }

        long start() {
            return start;
        }

        int count() {
            return sizeWords.length;
        }

        int sizeWord(int block) {
            return sizeWords[block];
        }

        /** One piece of the digests of all. */
        StoredPiece piece(int block, long position) {
            return new StoredPiece(
                    position,
                    sizeWords[block] & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED,
                    digests,
                    block * StoredPiece.DIGEST_LENGTH);
        }
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.FileContent;
import java.util.Arrays;

/**
 * One file's bytes on their way into the image. Where they lie is known when the pipeline has drained, which is before
 * the tree is written; duplicates share one {@link Location}.
 */
final class StoredContent implements FileContent {

    /** Bytes that are all zero have no block. */
    private static final int[] NO_BLOCKS = {};

    private static final byte[] NO_DIGESTS = {};

    /** Of contents without a place in a fragment, and of those that were only read. */
    private static final WrittenFragment NO_FRAGMENT = new WrittenFragment(0);

    private static final ContentKey NO_KEY = new ContentKey(0, 0, 0, 0, 0);

    private final long sizeInBytes;
    private Location location;

    StoredContent(long sizeInBytes) {
        this.sizeInBytes = sizeInBytes;
        this.location = new Location(0, NO_BLOCKS, 0, SquashfsFormat.ABSENT_32, 0);
    }

    /** Where the bytes lie. */
    static final class Location {

        private final long start;
        private final int[] sizeWords;
        private final long sparseBytes;
        private final long fragment;
        private final int offsetInFragment;

        // What a later image file needs to take the content over; nothing of it in those that were read from a file.
        private final ContentKey key;
        private final WrittenFragment writtenFragment;
        private final byte[] blockDigests;

        /**
         * @param start of the first block in the file
         * @param sizeWords one per block, as in the inode: stored size and flag, 0 for a block of zeros
         * @param fragment number of the fragment block, or {@link SquashfsFormat#ABSENT_32}
         */
        Location(long start, int[] sizeWords, long sparseBytes, long fragment, int offsetInFragment) {
            this(start, sizeWords, sparseBytes, fragment, offsetInFragment, NO_KEY, NO_FRAGMENT, NO_DIGESTS);
        }

        private Location(
                long start,
                int[] sizeWords,
                long sparseBytes,
                long fragment,
                int offsetInFragment,
                ContentKey key,
                WrittenFragment writtenFragment,
                byte[] blockDigests) {
            this.start = start;
            this.sizeWords = sizeWords;
            this.sparseBytes = sparseBytes;
            this.fragment = fragment;
            this.offsetInFragment = offsetInFragment;
            this.key = key;
            this.writtenFragment = writtenFragment;
            this.blockDigests = blockDigests;
        }

        static Location ofBlocks(long start, int[] sizeWords, long sparseBytes) {
            return new Location(start, sizeWords, sparseBytes, SquashfsFormat.ABSENT_32, 0);
        }

        /** @param digests of the stored blocks, one behind the other, zeros for a block of zeros, or none; not copied */
        static Location written(long start, int[] sizeWords, long sparseBytes, byte[] digests) {
            return new Location(
                    start, sizeWords, sparseBytes, SquashfsFormat.ABSENT_32, 0, NO_KEY, NO_FRAGMENT, digests);
        }

        static Location inFragment(WrittenFragment fragment, int offset, ContentKey key) {
            return new Location(0, NO_BLOCKS, 0, fragment.number(), offset, key, fragment, NO_DIGESTS);
        }

        long start() {
            return start;
        }

        int blocks() {
            return sizeWords.length;
        }

        int sizeWord(int block) {
            return sizeWords[block];
        }

        boolean hasSameSizeWords(Location other) {
            return Arrays.equals(sizeWords, other.sizeWords);
        }

        long sparseBytes() {
            return sparseBytes;
        }

        long fragment() {
            return fragment;
        }

        int offsetInFragment() {
            return offsetInFragment;
        }

        ContentKey key() {
            return key;
        }

        WrittenFragment writtenFragment() {
            return writtenFragment;
        }

        /** Not a copy. */
        byte[] blockDigests() {
            return blockDigests;
        }
    }

    @Override
    public long sizeInBytes() {
        return sizeInBytes;
    }

    Location location() {
        return location;
    }

    void locate(Location found) {
        location = found;
    }
}

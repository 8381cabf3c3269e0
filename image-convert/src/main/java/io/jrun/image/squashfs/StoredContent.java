package io.jrun.image.squashfs;

import io.jrun.image.tree.FileContent;

/**
 * One file's bytes on their way into the image. Where they lie is known when the pipeline has drained, which is before
 * the tree is written; duplicates share one {@link Location}.
 */
final class StoredContent implements FileContent {

    /** Bytes that are all zero have no block. */
    private static final int[] NO_BLOCKS = {};

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

        /**
         * @param start of the first block in the file
         * @param sizeWords one per block, as in the inode: stored size and flag, 0 for a block of zeros
         * @param fragment number of the fragment block, or {@link SquashfsFormat#ABSENT_32}
         */
        Location(long start, int[] sizeWords, long sparseBytes, long fragment, int offsetInFragment) {
            this.start = start;
            this.sizeWords = sizeWords;
            this.sparseBytes = sparseBytes;
            this.fragment = fragment;
            this.offsetInFragment = offsetInFragment;
        }

        static Location ofBlocks(long start, int[] sizeWords, long sparseBytes) {
            return new Location(start, sizeWords, sparseBytes, SquashfsFormat.ABSENT_32, 0);
        }

        static Location inFragment(long fragment, int offset) {
            return new Location(0, NO_BLOCKS, 0, fragment, offset);
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

        long sparseBytes() {
            return sparseBytes;
        }

        long fragment() {
            return fragment;
        }

        int offsetInFragment() {
            return offsetInFragment;
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

package io.jrun.image.layer;

/**
 * What a merge accepts before it takes an image for a bomb.
 *
 * @param maxEntries entries of all layers together, and likewise the names and directories they imply; each takes some
 *     200 bytes of memory until the merge has finished
 * @param maxContentBytes content of all regular files of all layers together, sparse files expanded
 * @param maxDepth names on one path
 */
public record MergeLimits(long maxEntries, long maxContentBytes, int maxDepth) {

    /**
     * Five million entries are five times the largest images in use and fit a gigabyte of heap; a tebibyte of content is
     * ten times; a path of Linux (PATH_MAX, 4,096 bytes) has 2,048 names at most, and half of that lets every reader of
     * the tree recurse.
     */
    public static final MergeLimits DEFAULT = new MergeLimits(5_000_000, 1L << 40, 1_024);

    /** Memory for names, link targets and attributes that an image of {@code maxEntries} may take: the average of images is below 40. */
    private static final long TEXT_BYTES_PER_ENTRY = 128;

    /** Below this, a small limit on entries would refuse one large attribute. */
    private static final long LEAST_TEXT_BYTES = 16L << 20;

    public MergeLimits {
        if (maxEntries < 1 || maxContentBytes < 0 || maxDepth < 1) {
            throw new IllegalArgumentException(
                    "limits must be positive: " + maxEntries + ", " + maxContentBytes + ", " + maxDepth);
        }
    }

    long maxTextBytes() {
        return Math.max(LEAST_TEXT_BYTES, Math.multiplyExact(TEXT_BYTES_PER_ENTRY, Math.min(maxEntries, 1L << 48)));
    }
}

package io.jrun.image.squashfs;

/**
 * What determines the bytes of an image file beside its tree and the order of its contents; {@code threads} alone
 * changes nothing but the time.
 *
 * @param level within the compression's range; 0 for {@link Compression#NONE}
 * @param blockSizeInBytes a power of two from 4,096 to 1,048,576
 * @param modificationSeconds the image's own time stamp since the epoch, 0 to 2^32-1
 * @param threads compressing threads, at least 1
 */
public record SquashfsOptions(
        Compression compression,
        int level,
        int blockSizeInBytes,
        long modificationSeconds,
        int threads,
        OwnershipPolicy ownership) {

    public static final int DEFAULT_BLOCK_SIZE = 128 * 1024;

    /** Whose files they are inside the image. */
    public enum OwnershipPolicy {
        AS_RECORDED,
        /** User and group 0 for every inode. */
        ALL_ROOT
    }

    public SquashfsOptions {
        if (!compression.isWritable()) {
            throw new IllegalArgumentException("compression cannot be written: " + compression);
        }
        if (level < compression.minLevel() || level > compression.maxLevel()) {
            throw new IllegalArgumentException("level " + level + " outside " + compression.minLevel() + " to "
                    + compression.maxLevel() + " of " + compression);
        }
        if (!isBlockSize(blockSizeInBytes)) {
            throw new IllegalArgumentException(
                    "block size is no power of two from 4096 to 1048576: " + blockSizeInBytes);
        }
        if (modificationSeconds < 0 || modificationSeconds > 0xffff_ffffL) {
            throw new IllegalArgumentException("modification time outside 0 to 2^32-1: " + modificationSeconds);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("threads below 1: " + threads);
        }
    }

    /** Whether the format knows blocks of this size. */
    public static boolean isBlockSize(int sizeInBytes) {
        return Integer.bitCount(sizeInBytes) == 1
                && sizeInBytes >= SquashfsFormat.MIN_BLOCK_SIZE
                && sizeInBytes <= SquashfsFormat.MAX_BLOCK_SIZE;
    }

    /** The defaults: that compression's default level, 128 KiB blocks, time stamp 0, one thread, owners as recorded. */
    public static SquashfsOptions of(Compression compression) {
        return new SquashfsOptions(
                compression, compression.defaultLevel(), DEFAULT_BLOCK_SIZE, 0, 1, OwnershipPolicy.AS_RECORDED);
    }

    public SquashfsOptions withLevel(int newLevel) {
        return new SquashfsOptions(compression, newLevel, blockSizeInBytes, modificationSeconds, threads, ownership);
    }

    public SquashfsOptions withBlockSize(int newBlockSizeInBytes) {
        return new SquashfsOptions(compression, level, newBlockSizeInBytes, modificationSeconds, threads, ownership);
    }

    public SquashfsOptions withModificationSeconds(long seconds) {
        return new SquashfsOptions(compression, level, blockSizeInBytes, seconds, threads, ownership);
    }

    public SquashfsOptions withThreads(int newThreads) {
        return new SquashfsOptions(compression, level, blockSizeInBytes, modificationSeconds, newThreads, ownership);
    }

    public SquashfsOptions withOwnership(OwnershipPolicy policy) {
        return new SquashfsOptions(compression, level, blockSizeInBytes, modificationSeconds, threads, policy);
    }
}

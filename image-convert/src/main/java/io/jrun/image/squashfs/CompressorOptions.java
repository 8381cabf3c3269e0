package io.jrun.image.squashfs;

/**
 * What an image says about its compressor, for those who list it or write more. All numbers are little-endian.
 *
 * <pre>
 * gzip   4 level   2 log2 of the window, 15   2 strategies tried: 1, the default one
 * lz4    4 version, 1: bare blocks            4 flags: 1 for the slower, smaller kind
 * zstd   4 level
 * xz     nothing: a dictionary as large as a block, and no filter, is what readers expect
 * </pre>
 *
 * The kernel mounts no lz4 image without them. Source: squashfs-tools, the wrappers of the compressors; Linux kernel,
 * fs/squashfs/lz4_wrapper.c.
 */
final class CompressorOptions {

    private static final int GZIP_WINDOW_BITS = 15;
    private static final int GZIP_DEFAULT_STRATEGY = 1;
    private static final int LZ4_BARE_BLOCKS = 1;
    private static final int LZ4_HIGH = 1;

    private CompressorOptions() {}

    /** Empty for those that need none. */
    static byte[] record(Compression compression, int level) {
        return switch (compression) {
            case GZIP -> {
                byte[] record = numbers(level, 0);
                LittleEndian.put16(record, 4, GZIP_WINDOW_BITS);
                LittleEndian.put16(record, 6, GZIP_DEFAULT_STRATEGY);
                yield record;
            }
            case LZ4 -> numbers(LZ4_BARE_BLOCKS, level == BlockCompressor.LZ4_FAST ? 0 : LZ4_HIGH);
            case ZSTD -> numbers(level);
            case NONE, XZ, LZMA, LZO -> new byte[0];
        };
    }

    private static byte[] numbers(int... numbers) {
        byte[] record = new byte[4 * numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            LittleEndian.put32(record, 4 * i, numbers[i]);
        }
        return record;
    }
}

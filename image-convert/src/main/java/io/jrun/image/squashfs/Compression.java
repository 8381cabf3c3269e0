package io.jrun.image.squashfs;

import com.github.luben.zstd.util.ZstdVersion;
import java.util.Locale;

/**
 * How blocks are compressed. The numbers and names are the format's. {@link #NONE} has no number of its own: such
 * images name gzip and store every block as it is. Source: squashfs_fs.h, "SQUASHFS compression".
 */
public enum Compression {
    NONE(1, 0, 0, 0),
    GZIP(1, 1, 9, 6),
    LZMA(2, 0, 0, 0),
    LZO(3, 0, 0, 0),
    XZ(4, 0, 9, 6),
    LZ4(5, 1, 9, 1),
    ZSTD(6, 1, 22, 3);

    private final int id;
    private final int minLevel;
    private final int maxLevel;
    private final int defaultLevel;

    Compression(int id, int minLevel, int maxLevel, int defaultLevel) {
        this.id = id;
        this.minLevel = minLevel;
        this.maxLevel = maxLevel;
        this.defaultLevel = defaultLevel;
    }

    /** The number in the superblock. */
    int id() {
        return id;
    }

    /** Whether the writer offers it; the reader knows more. */
    public boolean isWritable() {
        return this != LZMA && this != LZO;
    }

    public int minLevel() {
        return minLevel;
    }

    public int maxLevel() {
        return maxLevel;
    }

    /** What a user gets who names no level: about the best ratio per CPU second. 0 for those without levels. */
    public int defaultLevel() {
        return defaultLevel;
    }

    /** In lower case, as users type it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What compresses, with its version where that is known: another one may choose other bytes. */
    public String codec() {
        return switch (this) {
            case ZSTD -> "zstd-jni " + ZstdVersion.VERSION;
            case GZIP -> "java.util.zip";
            case LZ4 -> Lz4Blocks.codec();
            case XZ -> XzBlocks.codec();
            default -> label();
        };
    }
}

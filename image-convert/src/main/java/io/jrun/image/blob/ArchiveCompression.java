package io.jrun.image.blob;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.Deflater;

/** How a tar is compressed as a whole. The bytes depend on content and level alone, never on the number of threads. */
public enum ArchiveCompression {
    NONE(0, 0, 0),
    GZIP(1, 9, 6),
    ZSTD(1, 19, 3);

    private final int minLevel;
    private final int maxLevel;
    private final int defaultLevel;

    ArchiveCompression(int minLevel, int maxLevel, int defaultLevel) {
        this.minLevel = minLevel;
        this.maxLevel = maxLevel;
        this.defaultLevel = defaultLevel;
    }

    public int minLevel() {
        return minLevel;
    }

    public int maxLevel() {
        return maxLevel;
    }

    public int defaultLevel() {
        return defaultLevel;
    }

    /** In lower case, as users type it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Compresses into {@code out}, which closing the result closes. */
    public OutputStream open(OutputStream out, int level, int threads) throws IOException {
        return switch (this) {
            case NONE -> out;
            case GZIP -> new ParallelGzip(out, level == 0 ? Deflater.DEFAULT_COMPRESSION : level, Math.max(1, threads));
            case ZSTD -> {
                ZstdOutputStreamNoFinalizer stream = new ZstdOutputStreamNoFinalizer(out, level);
                stream.setChecksum(true);
                // With one worker and more the jobs are cut alike; without any they are not.
                stream.setWorkers(Math.max(1, threads));
                yield stream;
            }
        };
    }
}

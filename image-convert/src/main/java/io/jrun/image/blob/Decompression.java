package io.jrun.image.blob;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;

/**
 * Unpacks a blob by its first bytes, because media types are often wrong. gzip may have several members and zero bytes
 * behind the last; zstd may have several frames, skippable ones among them. Anything else behind the data is damage.
 */
public final class Decompression {

    /** How a blob is compressed. */
    public enum Format {
        GZIP,
        ZSTD,
        NONE
    }

    /** So many bytes tell the formats apart. */
    public static final int LONGEST_MAGIC = 6;

    /** Below this, loading a native library costs more time than it saves. */
    private static final long NATIVE_INFLATE_PAYS_FROM_BYTES = 48L << 20;

    private Decompression() {}

    /**
     * The unpacked bytes. Reading to the end reads {@code in} to its end too, so that a verifying stream below has its say.
     * Closes {@code in}.
     *
     * @param compressedSizeInBytes of this and all else that is unpacked: decides whether a native library is worth loading;
     *     0 when unknown
     * @param what names the blob in messages ("layer 3 of lab/solver:2.1")
     */
    public static InputStream open(InputStream in, long compressedSizeInBytes, OutputLimit limit, String what)
            throws IOException {
        PushbackInputStream whole = new PushbackInputStream(in, LONGEST_MAGIC);
        byte[] start = whole.readNBytes(LONGEST_MAGIC);
        whole.unread(start);
        InputStream unpacked =
                switch (detect(start, what)) {
                    case GZIP -> new GzipStream(whole, inflaterFor(compressedSizeInBytes), what);
                    case ZSTD -> new ZstdStream(whole, what);
                    case NONE -> whole;
                };
        return new LimitedInputStream(unpacked, limit, what);
    }

    /** {@code unpacked} as far as the limit allows. */
    static InputStream limited(InputStream unpacked, OutputLimit limit, String what) {
        return new LimitedInputStream(unpacked, limit, what);
    }

    private static RawInflater inflaterFor(long compressedSizeInBytes) {
        return compressedSizeInBytes < NATIVE_INFLATE_PAYS_FROM_BYTES
                ? new JdkInflater()
                : IsalInflater.open().map(RawInflater.class::cast).orElseGet(JdkInflater::new);
    }

    /**
     * What the first bytes say. Source: RFC 1952, section 2.3.1; RFC 8878, sections 3.1.1 and 3.1.2.
     *
     * @throws CorruptDataException for a compression that layers do not use
     */
    public static Format detect(byte[] start, String what) throws CorruptDataException {
        if (startsWith(start, 0x1f, 0x8b)) {
            return Format.GZIP;
        }
        boolean skippable = start.length >= 4 && (start[0] & 0xf0) == 0x50 && startsWith(tail(start), 0x2a, 0x4d, 0x18);
        if (startsWith(start, 0x28, 0xb5, 0x2f, 0xfd) || skippable) {
            return Format.ZSTD;
        }
        refuse(start, what, "xz", 0xfd, '7', 'z', 'X', 'Z', 0);
        refuse(start, what, "bzip2", 'B', 'Z', 'h');
        refuse(start, what, "lz4", 0x04, 0x22, 0x4d, 0x18);
        return Format.NONE;
    }

    private static void refuse(byte[] start, String what, String name, int... magic) throws CorruptDataException {
        if (startsWith(start, magic)) {
            throw new CorruptDataException(
                    Failure.of("unpack " + what, "it is compressed with " + name + ", which is not expected here"));
        }
    }

    private static byte[] tail(byte[] start) {
        return Arrays.copyOfRange(start, 1, start.length);
    }

    private static boolean startsWith(byte[] start, int... magic) {
        if (start.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((start[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** Gives the library's failures our words; those of the stream below pass unchanged. */
    private static final class ZstdStream extends BulkInputStream {

        private final InputStream in;
        private final String what;

        ZstdStream(InputStream in, String what) throws IOException {
            this.in = new ZstdInputStreamNoFinalizer(in);
            this.what = what;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (ZstdIOException e) {
                throw new CorruptDataException(
                        Failure.of("unpack " + what, "its zstd data is damaged: " + e.getMessage()), e);
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Stops a bomb: a few kilobytes of gzip can unpack to gigabytes. */
    private static final class LimitedInputStream extends BulkInputStream {

        private final InputStream in;
        private final OutputLimit limit;
        private final String what;
        private long total;

        LimitedInputStream(InputStream in, OutputLimit limit, String what) {
            this.in = in;
            this.limit = limit;
            this.what = what;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = in.read(bytes, offset, length);
            if (count > 0) {
                total += count;
            }
            if (total > limit.sizeInBytes()) {
                throw new CorruptDataException(
                        Failure.of("unpack " + what, "it holds more than " + limit.sizeInBytes() + " bytes")
                                .hint(limit.howToRaise()));
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}

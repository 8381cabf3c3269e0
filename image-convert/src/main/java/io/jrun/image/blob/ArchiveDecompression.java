package io.jrun.image.blob;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Optional;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * Unpacks an archive that a person made: beside what {@link Decompression} knows also xz, bzip2 and lz4, chosen by the
 * first bytes. Several streams one behind the other are one.
 */
public final class ArchiveDecompression {

    /** So many bytes tell the formats apart. */
    public static final int LONGEST_MAGIC = Decompression.LONGEST_MAGIC;

    /** xz names the memory that it needs; its highest preset takes 65 MiB. */
    private static final int MAX_XZ_MEMORY_IN_KIB = 512 * 1024;

    private ArchiveDecompression() {}

    /** As {@link Decompression#open}; closes {@code in}. */
    public static InputStream open(InputStream in, long compressedSizeInBytes, OutputLimit limit, String what)
            throws IOException {
        PushbackInputStream whole = new PushbackInputStream(in, LONGEST_MAGIC);
        byte[] start = whole.readNBytes(LONGEST_MAGIC);
        whole.unread(start);
        Optional<InputStream> unpacked = openRare(whole, start, what);
        return unpacked.isPresent()
                ? Decompression.limited(new RareStream(unpacked.get(), what), limit, what)
                : Decompression.open(whole, compressedSizeInBytes, limit, what);
    }

    /** Whether the first bytes are those of something packed, whatever {@link #open} does with it. */
    public static boolean isPacked(byte[] start, String what) throws CorruptDataException {
        return isXz(start)
                || isBzip2(start)
                || isLz4(start)
                || Decompression.detect(start, what) != Decompression.Format.NONE;
    }

    private static boolean isXz(byte[] start) {
        return XZCompressorInputStream.matches(start, start.length);
    }

    private static boolean isBzip2(byte[] start) {
        return BZip2CompressorInputStream.matches(start, start.length);
    }

    private static boolean isLz4(byte[] start) {
        return FramedLZ4CompressorInputStream.matches(start, start.length);
    }

    private static Optional<InputStream> openRare(InputStream in, byte[] start, String what) throws IOException {
        try {
            if (isXz(start)) {
                return Optional.of(XZCompressorInputStream.builder()
                        .setInputStream(in)
                        .setDecompressConcatenated(true)
                        .setMemoryLimitKiB(MAX_XZ_MEMORY_IN_KIB)
                        .get());
            } else if (isBzip2(start)) {
                return Optional.of(new BZip2CompressorInputStream(in, true));
            } else if (isLz4(start)) {
                return Optional.of(new FramedLZ4CompressorInputStream(in, true));
            }
            return Optional.empty();
        } catch (JrunException ours) {
            throw ours;
        } catch (IOException damaged) {
            throw damaged(what, damaged);
        }
    }

    private static CorruptDataException damaged(String what, Exception cause) {
        return new CorruptDataException(
                Failure.of("unpack " + what, "its compressed data is damaged: " + cause.getMessage()), cause);
    }

    /** Gives the library's failures our words; those of the stream below pass unchanged. */
    private static final class RareStream extends BulkInputStream {

        private final InputStream in;
        private final String what;

        RareStream(InputStream in, String what) {
            this.in = in;
            this.what = what;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (JrunException ours) {
                throw ours;
            } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException damaged) {
                throw damaged(what, damaged);
            }
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}

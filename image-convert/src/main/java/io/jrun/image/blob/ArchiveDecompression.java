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
import org.apache.commons.compress.compressors.lzma.LZMACompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.compress.compressors.z.ZCompressorInputStream;

/**
 * Unpacks an archive that a person made: beside what {@link Decompression} knows also xz, lzma, bzip2, lz4 and
 * compress(1), chosen by the first bytes. Several streams one behind the other are one.
 */
public final class ArchiveDecompression {

    /** So many bytes tell the formats apart. */
    public static final int LONGEST_MAGIC = Decompression.LONGEST_MAGIC;

    /** xz names the memory that it needs; its highest preset takes 65 MiB. */
    private static final int MAX_XZ_MEMORY_IN_KIB = 512 * 1024;

    /** The parameters take one byte, the size of the dictionary four. */
    private static final int LZMA_DICTIONARY_END = 5;

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
        return isRare(start) || Decompression.detect(start, what) != Decompression.Format.NONE;
    }

    /** Whether they are those of something that only {@link #open} here knows. */
    public static boolean isRare(byte[] start) {
        return isXz(start) || isBzip2(start) || isLz4(start) || isLzma(start) || isCompress(start);
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

    /** No magic, but usual parameters, and a dictionary that is not empty, where a tar has the zeros behind a short name. */
    private static boolean isLzma(byte[] start) {
        return LZMACompressorInputStream.matches(start, start.length)
                && start.length >= LZMA_DICTIONARY_END
                && (start[LZMA_DICTIONARY_END - 2] != 0 || start[LZMA_DICTIONARY_END - 1] != 0);
    }

    private static boolean isCompress(byte[] start) {
        return ZCompressorInputStream.matches(start, start.length);
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
            } else if (isLzma(start)) {
                return Optional.of(LZMACompressorInputStream.builder()
                        .setInputStream(in)
                        .setMemoryLimitKiB(MAX_XZ_MEMORY_IN_KIB)
                        .get());
            } else if (isCompress(start)) {
                return Optional.of(new ZCompressorInputStream(in, MAX_XZ_MEMORY_IN_KIB));
            }
            return Optional.empty();
        } catch (JrunException ours) {
            throw ours;
        } catch (IOException | IllegalArgumentException damaged) {
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

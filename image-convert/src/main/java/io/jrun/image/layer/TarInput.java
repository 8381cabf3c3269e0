package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.DirectlyReadable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The bytes of one layer, in blocks where tar is read in blocks, with the offset for messages. Never calls
 * {@link InputStream#skip}: digests are computed by streams that see what is read. Does not close the stream.
 */
final class TarInput {

    static final int BLOCK = 512;

    /** A power of two well above a block; larger ones no longer made reading faster. */
    private static final int BUFFER = 128 << 10;

    /** Of a name in a message; a hostile name may have a mebibyte. */
    private static final int PRINTED_NAME_LENGTH = 300;

    private final InputStream in;
    private final String layerName;
    private final byte[] buffer = new byte[BUFFER];
    private int position;
    private int limit;
    private long bytesBeforeBuffer;

    TarInput(InputStream in, String layerName) {
        this.in = in;
        this.layerName = layerName;
    }

    /** Of the next byte, in the uncompressed layer. */
    long offset() {
        return bytesBeforeBuffer + position;
    }

    byte[] buffer() {
        return buffer;
    }

    /**
     * Moves behind the next block, which starts in {@link #buffer()} at the result, until the next call; -1 at the end of
     * the stream.
     */
    int nextBlock() throws IOException {
        int start = peekBlock();
        if (start >= 0) {
            position += BLOCK;
        }
        return start;
    }

    /** As {@link #nextBlock}, without moving. */
    int peekBlock() throws IOException {
        if (limit - position < BLOCK && !fill()) {
            return -1;
        }
        return position;
    }

    /** False at the end of the stream; afterwards at least one block lies in the buffer. */
    private boolean fill() throws IOException {
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        bytesBeforeBuffer += position;
        limit -= position;
        position = 0;
        while (limit < BLOCK) {
            int count = in.read(buffer, limit, buffer.length - limit);
            if (count < 0) {
                if (limit == 0) {
                    return false;
                }
                throw corrupt("it ends inside a block, after " + limit + " of " + BLOCK + " bytes");
            }
            limit += count;
        }
        return true;
    }

    /** Reads at least one byte where {@code length} is positive; -1 at the end of the stream. */
    int read(byte[] to, int offset, int length) throws IOException {
        if (position < limit) {
            int count = Math.min(length, limit - position);
            System.arraycopy(buffer, position, to, offset, count);
            position += count;
            return count;
        }
        int count = in.read(to, offset, length);
        if (count > 0) {
            bytesBeforeBuffer += count;
        }
        return count;
    }

    /** As {@link #read(byte[], int, int)}. */
    int read(ByteBuffer to) throws IOException {
        if (position < limit) {
            int count = Math.min(to.remaining(), limit - position);
            to.put(buffer, position, count);
            position += count;
            return count;
        }
        int count = DirectlyReadable.read(in, to);
        if (count > 0) {
            bytesBeforeBuffer += count;
        }
        return count;
    }

    /** @throws CorruptDataException when the stream ends early */
    void readFully(byte[] to, int length) throws IOException {
        int done = 0;
        while (done < length) {
            int count = read(to, done, length - done);
            if (count < 0) {
                throw endedEarly(length - (long) done);
            }
            done += count;
        }
    }

    /** @throws CorruptDataException when the stream ends early */
    void skip(long length) throws IOException {
        long missing = pass(length);
        if (missing > 0) {
            throw endedEarly(missing);
        }
    }

    /** Returns how many bytes the stream lacked. */
    long pass(long length) throws IOException {
        long left = length;
        while (left > 0) {
            int available = limit - position;
            if (available == 0) {
                available = refill();
                if (available < 0) {
                    return left;
                }
            }
            int count = (int) Math.min(left, available);
            position += count;
            left -= count;
        }
        return 0;
    }

    /** Reads to the end, so that checks of the streams below run. */
    void drain(long maxBytes) throws IOException {
        long start = offset();
        do {
            position = limit;
            if (offset() - start > maxBytes) {
                throw corrupt("more than " + maxBytes + " bytes follow its end marker");
            }
        } while (refill() >= 0);
    }

    /** Replaces the buffer, which is used up; the number of bytes now in it, or -1 at the end of the stream. */
    private int refill() throws IOException {
        bytesBeforeBuffer += position;
        position = 0;
        limit = 0;
        int count = in.read(buffer, 0, buffer.length);
        if (count > 0) {
            limit = count;
        }
        return count;
    }

    CorruptDataException endedEarly(long missing) {
        return corrupt("it ends early, " + missing + " bytes of an entry are missing");
    }

    CorruptDataException corrupt(String why) {
        return corruptAt(offset(), why);
    }

    CorruptDataException corruptAt(long offset, String why) {
        return corrupt(layerName, offset, why);
    }

    static CorruptDataException corrupt(String layerName, long offset, String why) {
        return new CorruptDataException(Failure.of("read " + layerName, why + ", at offset " + offset));
    }

    static String printable(byte[] path) {
        return path.length <= PRINTED_NAME_LENGTH
                ? ByteText.escape(path)
                : ByteText.escape(Arrays.copyOf(path, PRINTED_NAME_LENGTH)) + "… (" + path.length + " bytes)";
    }
}

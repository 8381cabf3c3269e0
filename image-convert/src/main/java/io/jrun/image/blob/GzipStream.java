package io.jrun.image.blob;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;

/**
 * The members of a gzip file, one behind the other, each with its checksum and length verified. Zero bytes behind the last
 * member are padding, as gzip(1) has it; anything else there is damage.
 *
 * <pre>
 *   offset  size  field
 *        0     2  1f 8b
 *        2     1  method, always 8
 *        3     1  flags: 1 text, 2 header CRC, 4 extra, 8 name, 16 comment
 *        4     6  time, extra flags, system: not used
 *       10        extra (2 bytes of length), name (ends with 0), comment (ends with 0), header CRC (2), as flagged
 *                 DEFLATE data
 *       -8     4  CRC-32 of the unpacked bytes, little-endian
 *       -4     4  their number modulo 2^32, little-endian
 * </pre>
 *
 * Source: RFC 1952, section 2.3.
 */
final class GzipStream extends BulkInputStream {

    private static final int BUFFER_SIZE = 1 << 18;

    private static final int METHOD_DEFLATE = 8;
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int RESERVED_FLAGS = 0xe0;

    private enum State {
        BEFORE_MEMBER,
        IN_MEMBER,
        ENDED
    }

    private final InputStream in;
    private final RawInflater inflater;
    private final String what;
    private final CRC32 crc = new CRC32();
    private final byte[] buffer = new byte[BUFFER_SIZE];
    private int position;
    private int end;
    private long sizeBeforeBuffer;
    private long memberSizeInBytes;
    private boolean anyMember;
    private State state = State.BEFORE_MEMBER;

    /** Closes both. */
    GzipStream(InputStream in, RawInflater inflater, String what) {
        this.in = in;
        this.inflater = inflater;
        this.what = what;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (state != State.ENDED) {
            if (state == State.BEFORE_MEMBER) {
                beginMember();
            } else {
                int count = inflate(bytes, offset, length);
                if (count > 0) {
                    crc.update(bytes, offset, count);
                    memberSizeInBytes += count;
                    return count;
                }
            }
        }
        return -1;
    }

    private int inflate(byte[] bytes, int offset, int length) throws IOException {
        try {
            int count = inflater.inflate(bytes, offset, length);
            if (count == 0 && inflater.isFinished()) {
                endMember();
            } else if (count == 0 && inflater.needsInput()) {
                if (!fill()) {
                    throw damaged("the data ends in the middle of a member");
                }
                giveInput();
            }
            return count;
        } catch (DataFormatException e) {
            throw damaged("a block is malformed" + (e.getMessage() == null ? "" : ": " + e.getMessage()));
        }
    }

    private void giveInput() {
        inflater.setInput(buffer, position, end - position);
        position = end;
    }

    private void beginMember() throws IOException {
        if (!atMember()) {
            state = State.ENDED;
            return;
        }
        if (next() != 0x1f || next() != 0x8b || next() != METHOD_DEFLATE) {
            throw damaged("a member does not start with 1f 8b 08");
        }
        int flags = next();
        if ((flags & RESERVED_FLAGS) != 0) {
            throw damaged("a member has reserved flags");
        }
        skip(6);
        if ((flags & FLAG_EXTRA) != 0) {
            skip(next() | next() << 8);
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            skip(2);
        }
        anyMember = true;
        crc.reset();
        memberSizeInBytes = 0;
        inflater.reset();
        giveInput();
        state = State.IN_MEMBER;
    }

    /** Whether something other than padding follows; padding is allowed behind a member only. */
    private boolean atMember() throws IOException {
        while (position < end || fill()) {
            if (buffer[position] != 0 || !anyMember) {
                return true;
            }
            skipPadding();
        }
        return false;
    }

    /** Zeros up to the very end. */
    private void skipPadding() throws IOException {
        while (position < end || fill()) {
            if (buffer[position] != 0) {
                throw damaged("something follows the padding behind the last member");
            }
            position++;
        }
    }

    private void endMember() throws IOException {
        position = end - inflater.unreadInput();
        long expectedCrc = nextInt();
        if (expectedCrc != crc.getValue()) {
            throw damaged("the checksum of the unpacked bytes is wrong");
        }
        if (nextInt() != (memberSizeInBytes & 0xffffffffL)) {
            throw damaged("the number of unpacked bytes is wrong");
        }
        state = State.BEFORE_MEMBER;
    }

    private long nextInt() throws IOException {
        return next() | next() << 8 | next() << 16 | (long) next() << 24;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    private void skipText() throws IOException {
        int b;
        do {
            b = next();
        } while (b != 0);
    }

    private int next() throws IOException {
        if (position == end && !fill()) {
            throw damaged("the data ends in the header or trailer of a member");
        }
        return buffer[position++] & 0xff;
    }

    /**
     * Reads more behind what an inflater may still hand back.
     *
     * @return false at the end of the input
     */
    private boolean fill() throws IOException {
        int kept = Math.min(end, RawInflater.MAX_PUSH_BACK);
        System.arraycopy(buffer, end - kept, buffer, 0, kept);
        sizeBeforeBuffer += end - kept;
        int count = in.read(buffer, kept, buffer.length - kept);
        position = kept;
        end = kept + Math.max(count, 0);
        return count >= 0;
    }

    private CorruptDataException damaged(String why) {
        return new CorruptDataException(Failure.of(
                "unpack " + what, "its gzip data is damaged near byte " + (sizeBeforeBuffer + position) + ": " + why));
    }

    @Override
    public void close() throws IOException {
        inflater.close();
        in.close();
    }
}

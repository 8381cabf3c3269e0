package io.jrun.image.squashfs;

import java.util.zip.DataFormatException;

/** Decompresses bare LZ4 blocks, see {@link Lz4Format}. Every length and distance is checked. */
final class Lz4Decoder {

    private byte[] in = {};
    private int next;
    private int end;
    private byte[] out = {};
    private int size;
    private int limit;

    /** Returns the plain bytes, at least 1. */
    int decode(byte[] stored, int storedLength, byte[] plain, int maxLength) throws DataFormatException {
        in = stored;
        next = 0;
        end = storedLength;
        out = plain;
        size = 0;
        limit = maxLength;
        sequences();
        return size;
    }

    private void sequences() throws DataFormatException {
        while (true) {
            int token = next();
            int literals = token >>> 4;
            copyLiterals(literals == Lz4Format.LONG_LENGTH ? literals + more() : literals);
            if (next == end) {
                if (size == 0) {
                    throw new DataFormatException("nothing inside");
                }
                return;
            }
            int distance = next() | (next() << 8);
            int length = token & Lz4Format.LONG_LENGTH;
            copyMatch(distance, Lz4Format.MIN_MATCH + (length == Lz4Format.LONG_LENGTH ? length + more() : length));
        }
    }

    private int next() throws DataFormatException {
        if (next == end) {
            throw new DataFormatException("it ends in the middle");
        }
        return in[next++] & 0xff;
    }

    /** At most what the output can hold: nothing overflows. */
    private int more() throws DataFormatException {
        int sum = 0;
        int part;
        do {
            part = next();
            sum += part;
            if (sum > limit) {
                throw new DataFormatException("it holds too much");
            }
        } while (part == 255);
        return sum;
    }

    private void copyLiterals(int count) throws DataFormatException {
        if (count > end - next) {
            throw new DataFormatException("it ends in the middle");
        }
        if (count > limit - size) {
            throw new DataFormatException("it holds too much");
        }
        if (count <= 16 && next <= in.length - 16 && size <= out.length - 16) {
            Lz4Format.LONG.set(out, size, Lz4Format.int64(in, next));
            Lz4Format.LONG.set(out, size + Long.BYTES, Lz4Format.int64(in, next + Long.BYTES));
        } else {
            System.arraycopy(in, next, out, size, count);
        }
        next += count;
        size += count;
    }

    private void copyMatch(int distance, int length) throws DataFormatException {
        if (length > limit - size) {
            throw new DataFormatException("it holds too much");
        }
        BackReference.copy(out, size, distance, length);
        size += length;
    }
}

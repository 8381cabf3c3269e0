package io.jrun.image.squashfs;

import java.util.zip.DataFormatException;

/**
 * Decompresses LZO1X streams. Every length and distance is checked.
 *
 * <pre>
 * instruction           copies                                   from so many bytes back
 * 1LLDDDSS H            5 + L bytes                              H x 8 + D + 1
 * 01LDDDSS H            3 + L bytes                              H x 8 + D + 1
 * 001LLLLL .. DDDDDDSS D  2 + L bytes (L = 0: 31 + more)         D + 1
 * 0001HLLL .. DDDDDDSS D  2 + L bytes (L = 0: 7 + more)          16,384 + H x 16,384 + D; 16,384 exactly is the end
 * 0000DDSS H            2 bytes, behind 1 to 3 literals          H x 4 + D + 1
 * 0000DDSS H            3 bytes, behind 4 or more literals       H x 4 + D + 2,049
 * 0000LLLL ..           3 + L literals (L = 0: 15 + more), behind a match without literals
 * </pre>
 *
 * S literals follow a match. "More" are zero bytes, 255 each, and a byte that is not zero. Source: Linux kernel,
 * Documentation/staging/lzo.rst.
 */
final class LzoDecoder {

    /** A first byte above this is a number of literals, plus this. */
    private static final int FIRST_LITERALS = 17;

    private static final int MANY_LITERALS = 4;

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
        instructions();
        if (size == 0) {
            throw new DataFormatException("nothing inside");
        }
        return size;
    }

    private void instructions() throws DataFormatException {
        int literals = 0;
        if (end > 0 && (in[0] & 0xff) > FIRST_LITERALS) {
            literals = next() - FIRST_LITERALS;
            copyLiterals(literals);
        }
        while (literals >= 0) {
            int code = next();
            if (code >= 16) {
                literals = farMatch(code);
            } else if (literals == 0) {
                literals = 3 + (code == 0 ? 15 + more() : code);
                copyLiterals(literals);
            } else {
                literals = nearMatch(code, literals);
            }
        }
    }

    /** A match that depends on the literals before it. Returns the literals behind it. */
    private int nearMatch(int code, int literalsBefore) throws DataFormatException {
        int distance = (next() << 2) + (code >>> 2);
        if (literalsBefore < MANY_LITERALS) {
            copyMatch(distance + 1, 2);
        } else {
            copyMatch(distance + 2049, 3);
        }
        return literalsBehind(code);
    }

    /** Returns the literals behind it; -1 at the end of the stream. */
    private int farMatch(int code) throws DataFormatException {
        if (code >= 64) {
            int length = code >= 128 ? 5 + ((code >>> 5) & 3) : 3 + ((code >>> 5) & 1);
            copyMatch((next() << 3) + ((code >>> 2) & 7) + 1, length);
            return literalsBehind(code);
        }
        boolean near = code >= 32;
        int bits = near ? 31 : 7;
        int length = 2 + ((code & bits) == 0 ? bits + more() : code & bits);
        int word = next() | (next() << 8);
        int distance = near ? (word >>> 2) + 1 : 16_384 + ((code & 8) << 11) + (word >>> 2);
        if (!near && distance == 16_384) {
            return -1;
        }
        copyMatch(distance, length);
        return literalsBehind(word);
    }

    private int literalsBehind(int code) throws DataFormatException {
        int literals = code & 3;
        copyLiterals(literals);
        return literals;
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
        while ((part = next()) == 0) {
            sum += 255;
            if (sum > limit) {
                throw new DataFormatException("it holds too much");
            }
        }
        return sum + part;
    }

    private void copyLiterals(int count) throws DataFormatException {
        if (count > end - next) {
            throw new DataFormatException("it ends in the middle");
        }
        room(count);
        System.arraycopy(in, next, out, size, count);
        next += count;
        size += count;
    }

    private void copyMatch(int distance, int length) throws DataFormatException {
        room(length);
        BackReference.copy(out, size, distance, length);
        size += length;
    }

    private void room(int count) throws DataFormatException {
        if (count > limit - size) {
            throw new DataFormatException("it holds too much");
        }
    }
}

package io.jrun.image.squashfs;

/** Writes the sequences of one LZ4 block, as long as they are shorter than what they stand for. */
final class Lz4Sequences {

    /** Copies may run over by a word less one byte. */
    private static final int SLACK = 16;

    private byte[] out = {};
    private byte[] plain = {};
    private int limit;
    private int position;
    private int begun;
    private boolean full;

    /** @param length of the plain bytes; the result must be shorter */
    void begin(byte[] plainBytes, int length) {
        plain = plainBytes;
        if (out.length < length + SLACK) {
            out = new byte[length + SLACK];
        }
        limit = length;
        position = 0;
        begun = 0;
        full = false;
    }

    /** Where the literals of the next sequence begin in the plain bytes. */
    int begun() {
        return begun;
    }

    boolean isFull() {
        return full;
    }

    /** The literals up to {@code at}, and a match there. */
    void match(int at, int distance, int length) {
        int literals = at - begun;
        int more = length - Lz4Format.MIN_MATCH;
        // Token, distance, and both lengths at their longest.
        if (position + literals + literals / 255 + more / 255 + 6 > limit) {
            full = true;
            return;
        }
        int token = position++;
        out[token] = (byte) ((Math.min(literals, Lz4Format.LONG_LENGTH) << 4) | Math.min(more, Lz4Format.LONG_LENGTH));
        literals(literals);
        out[position++] = (byte) distance;
        out[position++] = (byte) (distance >>> 8);
        if (more >= Lz4Format.LONG_LENGTH) {
            length(more - Lz4Format.LONG_LENGTH);
        }
        begun = at + length;
    }

    private void literals(int count) {
        if (count >= Lz4Format.LONG_LENGTH) {
            length(count - Lz4Format.LONG_LENGTH);
        }
        if (count <= SLACK && begun <= plain.length - SLACK && position <= out.length - SLACK) {
            Lz4Format.LONG.set(out, position, Lz4Format.int64(plain, begun));
            Lz4Format.LONG.set(out, position + Long.BYTES, Lz4Format.int64(plain, begun + Long.BYTES));
        } else {
            System.arraycopy(plain, begun, out, position, count);
        }
        position += count;
    }

    private void length(int rest) {
        int left = rest;
        while (left >= 255) {
            out[position++] = (byte) 255;
            left -= 255;
        }
        out[position++] = (byte) left;
    }

    /**
     * The last literals; puts the block over the plain bytes if it is shorter.
     *
     * @return bytes to store; the plain length when nothing was gained
     */
    int finish(byte[] plainBytes, int plainLength) {
        int literals = plainLength - begun;
        if (full || position + literals + literals / 255 + 2 > limit) {
            return plainLength;
        }
        out[position++] = (byte) (Math.min(literals, Lz4Format.LONG_LENGTH) << 4);
        literals(literals);
        if (position >= plainLength) {
            return plainLength;
        }
        System.arraycopy(out, 0, plainBytes, 0, position);
        return position;
    }
}

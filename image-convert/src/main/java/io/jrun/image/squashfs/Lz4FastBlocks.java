package io.jrun.image.squashfs;

import java.util.Arrays;

/**
 * LZ4, fast: one look-up per position in a table of the last places of five bytes, and longer and longer steps where
 * nothing is found. In Java, so that its bytes depend on nothing of the host.
 */
final class Lz4FastBlocks implements BlockCompressor.ArrayBlocks.Codec {

    private static final int TABLE_BITS = 13;

    /** Golden ratio of 64 bits: spreads the five bytes over the upper bits. */
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

    /** After so many failures (as a power of two) the step grows by one. */
    private static final int STEP_GROWS_AFTER = 6;

    private static final int NOWHERE = -1 - Lz4Format.MAX_DISTANCE;

    private final int[] table = new int[1 << TABLE_BITS];
    private final Lz4Sequences sequences = new Lz4Sequences();

    private static int slot(long word) {
        return (int) (((word << 24) * MULTIPLIER) >>> (64 - TABLE_BITS));
    }

    @Override
    public int compressInPlace(byte[] block, int length) {
        Arrays.fill(table, NOWHERE);
        sequences.begin(block, length);
        int lastStart = length - Lz4Format.LAST_MATCH_BEFORE_END;
        int at = 0;
        while (at <= lastStart && !sequences.isFull()) {
            at = nextMatch(block, at, lastStart);
            if (at <= lastStart) {
                at = match(block, at, length);
            }
        }
        return sequences.finish(block, length);
    }

    /** Where the table knows a match; behind {@code lastStart} when there is none any more. Leaves the table's entry. */
    private int nextMatch(byte[] block, int from, int lastStart) {
        int[] places = table;
        int at = from;
        int tries = 1 << STEP_GROWS_AFTER;
        while (at <= lastStart) {
            long word = Lz4Format.int64(block, at);
            int slot = slot(word);
            int candidate = places[slot];
            if (at - candidate <= Lz4Format.MAX_DISTANCE && Lz4Format.int32(block, candidate) == (int) word) {
                return at;
            }
            places[slot] = at;
            at += tries++ >>> STEP_GROWS_AFTER;
        }
        return at;
    }

    private int match(byte[] block, int found, int length) {
        int slot = slot(Lz4Format.int64(block, found));
        int candidate = table[slot];
        table[slot] = found;
        int at = found;
        while (at > sequences.begun() && candidate > 0 && block[at - 1] == block[candidate - 1]) {
            at--;
            candidate--;
        }
        int known = found - at + Lz4Format.MIN_MATCH;
        int matched =
                known + Lz4Format.equalBytes(block, candidate + known, at + known, length - Lz4Format.LAST_LITERALS);
        sequences.match(at, at - candidate, matched);
        int end = at + matched;
        if (end <= length - Lz4Format.LAST_MATCH_BEFORE_END) {
            table[slot(Lz4Format.int64(block, end - 2))] = end - 2;
        }
        return end;
    }
}

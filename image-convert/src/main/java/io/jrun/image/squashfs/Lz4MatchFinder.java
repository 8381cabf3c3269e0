package io.jrun.image.squashfs;

import java.util.Arrays;

/** Finds the longest match for a place by following the chain of earlier places with the same four bytes. */
final class Lz4MatchFinder {

    private static final int TABLE_BITS = 15;
    private static final int WINDOW = Lz4Format.MAX_DISTANCE + 1;
    private static final int WINDOW_MASK = WINDOW - 1;

    /** Golden ratio of 32 bits. */
    private static final int MULTIPLIER = 0x9e37_79b1;

    private static final int NOWHERE = -1 - WINDOW;

    private final int attempts;
    private final int longEnough;
    private final int[] heads = new int[1 << TABLE_BITS];

    /** From each place of the window to the one before it in its chain; the longest step may stand for a longer one. */
    private final char[] steps = new char[WINDOW];

    private byte[] block = {};
    private int matchEnd;
    private int inserted;
    private int length;
    private int distance;

    /**
     * @param attempts places that are tried for a match
     * @param longEnough a length with which the search ends
     */
    Lz4MatchFinder(int attempts, int longEnough) {
        this.attempts = attempts;
        this.longEnough = longEnough;
    }

    void begin(byte[] plain, int plainLength) {
        Arrays.fill(heads, NOWHERE);
        block = plain;
        matchEnd = plainLength - Lz4Format.LAST_LITERALS;
        inserted = 0;
    }

    void end() {
        block = new byte[0];
    }

    /** Of the last search. */
    int length() {
        return length;
    }

    /** Of the last search. */
    int distance() {
        return distance;
    }

    private static int slot(int word) {
        return (word * MULTIPLIER) >>> (32 - TABLE_BITS);
    }

    private void insertUpTo(int end) {
        byte[] bytes = block;
        int[] last = heads;
        char[] chain = steps;
        for (int at = inserted; at < end; at++) {
            int slot = slot(Lz4Format.int32(bytes, at));
            chain[at & WINDOW_MASK] = (char) Math.min(at - last[slot], Lz4Format.MAX_DISTANCE);
            last[slot] = at;
        }
        inserted = Math.max(inserted, end);
    }

    /** Places come in ascending order. Returns the length, 0 when there is no match. */
    int longestAt(int at) {
        insertUpTo(at);
        byte[] bytes = block;
        char[] chain = steps;
        int word = Lz4Format.int32(bytes, at);
        int oldest = Math.max(0, at - Lz4Format.MAX_DISTANCE);
        int best = Lz4Format.MIN_MATCH - 1;
        int bestPlace = at;
        int candidate = heads[slot(word)];
        // Whoever is to be longer agrees with the four bytes that end one behind the best.
        int probe = word;
        for (int tries = attempts; candidate >= oldest && tries > 0; tries--) {
            if (Lz4Format.int32(bytes, candidate + best - 3) == probe && Lz4Format.int32(bytes, candidate) == word) {
                int ahead = Lz4Format.MIN_MATCH
                        + Lz4Format.equalBytes(
                                bytes, candidate + Lz4Format.MIN_MATCH, at + Lz4Format.MIN_MATCH, matchEnd);
                if (ahead > best) {
                    best = ahead;
                    bestPlace = candidate;
                    if (best >= longEnough || at + best >= matchEnd) {
                        break;
                    }
                    probe = Lz4Format.int32(bytes, at + best - 3);
                }
            }
            candidate -= chain[candidate & WINDOW_MASK];
        }
        length = bestPlace == at ? 0 : best;
        distance = at - bestPlace;
        return length;
    }
}

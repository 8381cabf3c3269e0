package io.jrun.image.squashfs;

/**
 * LZ4, slower and smaller: between two places where nothing matches, the cheapest of all ways to cut the bytes into
 * literals and matches is taken. In Java, so that its bytes depend on nothing of the host.
 */
final class Lz4HighBlocks implements BlockCompressor.ArrayBlocks.Codec {

    /** A match of this length is taken at once. */
    private static final int LONG_ENOUGH = 96;

    /** Bytes that are planned together, at most; more would cost time and gain nothing. */
    private static final int MAX_PLANNED = 4096;

    private static final int NODES = MAX_PLANNED + LONG_ENOUGH + 1;

    private final Lz4MatchFinder matches;
    private final Lz4Sequences sequences = new Lz4Sequences();

    /** For each place from the beginning of a plan: the stored bytes on the cheapest way there. */
    private final int[] prices = new int[NODES];

    /** The literals at that way's end. */
    private final int[] literals = new int[NODES];

    /** That way's last step: 1 for a literal, else a match's length. */
    private final int[] lengths = new int[NODES];

    private final int[] distances = new int[NODES];

    /** How far the plan reaches. */
    private int reach;

    /** @param attempts places that are tried for a match */
    Lz4HighBlocks(int attempts) {
        this.matches = new Lz4MatchFinder(attempts, LONG_ENOUGH);
    }

    @Override
    public int compressInPlace(byte[] block, int length) {
        matches.begin(block, length);
        sequences.begin(block, length);
        int lastStart = length - Lz4Format.LAST_MATCH_BEFORE_END;
        int at = 0;
        while (at <= lastStart && !sequences.isFull()) {
            int found = matches.longestAt(at);
            if (found < Lz4Format.MIN_MATCH) {
                at++;
            } else if (found >= LONG_ENOUGH) {
                sequences.match(at, matches.distance(), found);
                at += found;
            } else {
                at = plan(at, lastStart);
            }
        }
        matches.end();
        return sequences.finish(block, length);
    }

    /** Plans from the match just found to where all ways meet, and writes that. Returns where to go on. */
    private int plan(int start, int lastStart) {
        prices[0] = 0;
        literals[0] = start - sequences.begun();
        reach = 0;
        relaxMatches(0, matches.length(), matches.distance());
        int end = 1;
        relaxLiteral(0);
        while (end < reach && end < MAX_PLANNED && start + end <= lastStart) {
            // Where the next byte is free, the cheapest way is inside a match: nothing better begins here.
            if (prices[end + 1] > prices[end] || end + 1 == reach) {
                int found = matches.longestAt(start + end);
                if (found >= LONG_ENOUGH) {
                    write(start, end);
                    sequences.match(start + end, matches.distance(), found);
                    return start + end + found;
                }
                if (found >= Lz4Format.MIN_MATCH) {
                    relaxMatches(end, found, matches.distance());
                }
            }
            relaxLiteral(end);
            end++;
        }
        if (end < reach && end < MAX_PLANNED) {
            end = reach;
        }
        write(start, end);
        return start + end;
    }

    private void relaxLiteral(int from) {
        int run = literals[from] + 1;
        // The run's length takes one byte more at 15, and for each 255 more.
        int price = prices[from] + 1 + (run >= 15 && (run - 15) % 255 == 0 ? 1 : 0);
        if (price < prices[from + 1]) {
            set(from + 1, price, run, 1, 0);
        }
    }

    private void relaxMatches(int from, int longest, int distance) {
        while (reach < from + longest) {
            prices[++reach] = Integer.MAX_VALUE;
        }
        for (int length = Lz4Format.MIN_MATCH; length <= longest; length++) {
            // Token and distance; from 19 on the length takes a byte of its own.
            int price = prices[from] + 3 + (length >= 19 ? 1 : 0);
            if (price <= prices[from + length]) {
                set(from + length, price, 0, length, distance);
            }
        }
    }

    private void set(int at, int price, int run, int length, int distance) {
        prices[at] = price;
        literals[at] = run;
        lengths[at] = length;
        distances[at] = distance;
    }

    /** Writes the matches on the cheapest way to {@code end}; literals at its end are left to the next sequence. */
    private void write(int start, int end) {
        // The steps are known from the end: turn them round in place.
        int at = end;
        int nextLength = 0;
        int nextDistance = 0;
        while (at > 0) {
            int length = lengths[at];
            int distance = distances[at];
            lengths[at] = nextLength;
            distances[at] = nextDistance;
            nextLength = length;
            nextDistance = distance;
            at -= length;
        }
        while (at < end && !sequences.isFull()) {
            if (nextLength > 1) {
                sequences.match(start + at, nextDistance, nextLength);
            }
            at += nextLength;
            nextLength = lengths[at];
            nextDistance = distances[at];
        }
    }
}

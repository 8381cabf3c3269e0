package io.jrun.image.squashfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A universal hash (Carter and Wegman, "Universal classes of hash functions", 1979), several times as fast as SHA-256:
 * the content, in words of six bytes, is a polynomial, whose value modulo 2^61 - 1 is taken at a point that nobody can
 * know. Two contents of n words agree at fewer than n of the points, so whoever chooses both has less than one chance in
 * 2^46 with blocks of 128 KiB, and nothing to try it out with. A CRC-32C beside it tells more, where nobody chose them.
 */
final class PolynomialHash implements ContentHash {

    private static final long PRIME = (1L << 61) - 1;
    private static final long WORD = (1L << 48) - 1;

    /** Longs of one step, which are four words. */
    private static final int STEP = 3;

    private static final int STEPS_AT_ONCE = 256;

    private final long point;
    private final long square;
    private final long cube;
    private final long fourth;

    /** Reading through a copy takes a fraction of the time that reading one number after the other takes. */
    private final ThreadLocal<long[]> copies = ThreadLocal.withInitial(() -> new long[STEP * STEPS_AT_ONCE]);

    PolynomialHash(SecureRandom random) {
        this(random.nextLong());
    }

    PolynomialHash(long seed) {
        point = Math.floorMod(seed, PRIME);
        square = whole(product(point, point));
        cube = whole(product(square, point));
        fourth = whole(product(cube, point));
    }

    @Override
    public ContentKey of(ByteBuffer bytes, int from, int size, MessageDigest sha256) {
        ByteBuffer content = bytes.slice(from, size);
        CRC32C crc = new CRC32C();
        crc.update(content.duplicate());
        return new ContentKey(size, value(content), crc.getValue(), 0, 0);
    }

    /** Of the content as if it went on with zeros to a whole number of steps. */
    long value(ByteBuffer content) {
        long[] copy = copies.get();
        LongBuffer longs = content.slice().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        int whole = longs.remaining() / STEP * STEP;
        long value = 0;
        while (longs.position() < whole) {
            int count = Math.min(copy.length, whole - longs.position());
            longs.get(copy, 0, count);
            value = valueOf(copy, count, value);
        }
        int done = whole * Long.BYTES;
        if (done < content.limit()) {
            Arrays.fill(copy, 0, STEP, 0);
            for (int i = 0; i < content.limit() - done; i++) {
                copy[i / Long.BYTES] |= (content.get(done + i) & 0xffL) << (8 * (i % Long.BYTES));
            }
            value = valueOf(copy, STEP, value);
        }
        return whole(value);
    }

    private long valueOf(long[] longs, int count, long before) {
        long value = before;
        for (int i = 0; i < count; i += STEP) {
            long first = longs[i];
            long second = longs[i + 1];
            long third = longs[i + 2];
            // Of five terms the sum of all parts stays below 2^64.
            value = reduced(product(value, fourth)
                    + product(first & WORD, cube)
                    + product(((first >>> 48) | (second << 16)) & WORD, square)
                    + product(((second >>> 32) | (third << 32)) & WORD, point)
                    + (third >>> 16));
        }
        return value;
    }

    /**
     * Congruent to the product, as the sum of its lower 61 bits and of what is above them: below 2^61 + a.
     *
     * @param a below 2^62
     * @param b below 2^61
     */
    private static long product(long a, long b) {
        long low = a * b;
        return (low & PRIME) + ((Math.multiplyHigh(a, b) << 3) | (low >>> 61));
    }

    /** Congruent, and below 2^61 + 8; {@code sum} is read without a sign. */
    private static long reduced(long sum) {
        return (sum & PRIME) + (sum >>> 61);
    }

    private static long whole(long sum) {
        long almost = reduced(sum);
        return almost >= PRIME ? almost - PRIME : almost;
    }
}

package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolynomialHashTest {

    private static final BigInteger PRIME = BigInteger.TWO.pow(61).subtract(BigInteger.ONE);

    /** By its definition, one word after the other. */
    private static long reference(byte[] content, long seed) {
        BigInteger point = BigInteger.valueOf(seed).mod(PRIME);
        BigInteger value = BigInteger.ZERO;
        byte[] whole = Arrays.copyOf(content, (content.length + 23) / 24 * 24);
        for (int at = 0; at < whole.length; at += 6) {
            BigInteger word = BigInteger.ZERO;
            for (int i = 5; i >= 0; i--) {
                word = word.shiftLeft(8).or(BigInteger.valueOf(whole[at + i] & 0xff));
            }
            value = value.multiply(point).add(word).mod(PRIME);
        }
        return value.longValueExact();
    }

    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, 2, -1, Long.MAX_VALUE, Long.MIN_VALUE, (1L << 61) - 2, (1L << 61) - 1, 0x1234567890abcdefL})
    void isTheValueOfThePolynomialAtThePoint(long seed) {
        PolynomialHash hash = new PolynomialHash(seed);
        Random random = new Random(seed);
        for (int size = 1; size < 20_000; size += size < 300 ? 1 : 997) {
            byte[] content = new byte[size];
            random.nextBytes(content);
            if (size % 3 == 0) {
                Arrays.fill(content, (byte) 0xff); // the largest words
            }
            assertEquals(
                    reference(content, seed), hash.value(ByteBuffer.wrap(content)), () -> content.length + " bytes");
        }
    }

    @Test
    void eachBitOfAContentCounts() {
        PolynomialHash hash = new PolynomialHash(0x0fedcba987654321L);
        byte[] content = new byte[131];
        Set<Long> seen = new HashSet<>();
        seen.add(hash.value(ByteBuffer.wrap(content)));
        for (int bit = 0; bit < 8 * content.length; bit++) {
            byte[] changed = content.clone();
            changed[bit / 8] ^= (byte) (1 << (bit % 8));
            seen.add(hash.value(ByteBuffer.wrap(changed)));
        }
        assertEquals(8 * content.length + 1, seen.size());
    }

    @Test
    void keysTellSizesApartAndWhereTheContentLiesDoesNotMatter() {
        PolynomialHash hash = new PolynomialHash(7);
        ByteBuffer bytes = ByteBuffer.allocateDirect(200);
        for (int i = 0; i < 40; i++) {
            bytes.put(3 + i, (byte) i).put(117 + i, (byte) i);
        }

        assertEquals(hash.of(bytes, 3, 40, null), hash.of(bytes.position(9), 117, 40, null));
        assertNotEquals(hash.of(bytes, 60, 7, null), hash.of(bytes, 60, 6, null), "zeros, and fewer");
    }
}

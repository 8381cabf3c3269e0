package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The name under which the starter looks for the plan of a command line: FNV-1a with 128 bits over the host's name and the
 * arguments, joined by 0x00, as 32 hexadecimal digits. Not secret and not collision-free: the plan holds its prefix for
 * comparison, and of another host its facts.
 *
 * <p>Source: draft-eastlake-fnv, "FNV-1a" and its 128-bit parameters.
 */
public final class PlanHash {

    private static final BigInteger OFFSET_BASIS = new BigInteger("6c62272e07bb014262b821756295c58d", 16);
    private static final BigInteger PRIME = BigInteger.ONE.shiftLeft(88).add(BigInteger.valueOf(0x13b));
    private static final BigInteger MASK = BigInteger.ONE.shiftLeft(128).subtract(BigInteger.ONE);

    private PlanHash() {}

    /**
     * Of a start.
     *
     * @param host as uname(2) names it: nodes may share a home directory, but hardly a plan
     * @param prefix the arguments behind "jrun", up to and including the container's name
     */
    public static String ofStart(ByteString host, List<ByteString> prefix) {
        List<ByteString> words = new ArrayList<>();
        words.add(host);
        words.addAll(prefix);
        return of(words);
    }

    /** Of any words in their order. */
    public static String of(List<ByteString> words) {
        BigInteger sum = OFFSET_BASIS;
        for (int i = 0; i < words.size(); i++) {
            if (i > 0) {
                sum = add(sum, (byte) 0);
            }
            for (byte b : words.get(i).toBytes()) {
                sum = add(sum, b);
            }
        }
        String digits = sum.toString(16);
        return "0".repeat(32 - digits.length()) + digits;
    }

    private static BigInteger add(BigInteger sum, byte value) {
        return sum.xor(BigInteger.valueOf(value & 0xff)).multiply(PRIME).and(MASK);
    }
}

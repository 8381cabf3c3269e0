package io.jrun.image.squashfs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What both ends of a bare LZ4 block know.
 *
 * <pre>
 * sequence:  token     literals' length (4 bits), match's length less 4 (4 bits)
 *            0..n      more of the literals' length, if its bits are 15: bytes of 255 and one below
 *            literals
 *            2         distance of the match, little-endian, 1 to 65,535
 *            0..n      more of the match's length, if its bits are 15
 * </pre>
 *
 * The last sequence ends behind its literals. Source: lz4_Block_format.md, "End of block conditions" included.
 */
final class Lz4Format {

    static final int MIN_MATCH = 4;
    static final int MAX_DISTANCE = 0xffff;

    /** A length of 4 bits that goes on in bytes behind. */
    static final int LONG_LENGTH = 15;

    /** These many bytes at the end are literals always. */
    static final int LAST_LITERALS = 5;

    /** The last match begins so many bytes before the end, at the latest. */
    static final int LAST_MATCH_BEFORE_END = 12;

    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Lz4Format() {}

    static int int32(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static long int64(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    /** How many bytes from {@code a} and from {@code b}, which lies behind it, are equal before {@code end}. */
    static int equalBytes(byte[] bytes, int a, int b, int end) {
        int at = b;
        int other = a;
        while (at <= end - Long.BYTES) {
            long difference = int64(bytes, at) ^ int64(bytes, other);
            if (difference != 0) {
                return at - b + (Long.numberOfTrailingZeros(difference) >>> 3);
            }
            at += Long.BYTES;
            other += Long.BYTES;
        }
        while (at < end && bytes[at] == bytes[other]) {
            at++;
            other++;
        }
        return at - b;
    }
}

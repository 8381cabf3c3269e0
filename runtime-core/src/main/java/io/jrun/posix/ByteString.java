package io.jrun.posix;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes as the kernel hands them over: an argument, a variable, a path. Never contains 0x00. No locale decodes all of
 * them, hence no {@link String}.
 */
public final class ByteString implements Comparable<ByteString> {

    private final byte[] bytes;

    private ByteString(byte[] bytes) {
        this.bytes = bytes;
    }

    public static ByteString of(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("a byte string cannot hold 0x00");
            }
        }
        return new ByteString(bytes.clone());
    }

    /** The UTF-8 form of a text of ours. */
    public static ByteString of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    public int length() {
        return bytes.length;
    }

    public boolean isEmpty() {
        return bytes.length == 0;
    }

    public byte byteAt(int index) {
        return bytes[index];
    }

    public boolean startsWith(String ascii) {
        byte[] prefix = ascii.getBytes(StandardCharsets.UTF_8);
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    /** The first position of an ASCII character at or after {@code from}, or -1 as in {@link String#indexOf}. */
    public int indexOf(char ascii, int from) {
        for (int i = Math.max(from, 0); i < bytes.length; i++) {
            if (bytes[i] == ascii) {
                return i;
            }
        }
        return -1;
    }

    public ByteString substring(int from, int to) {
        return new ByteString(Arrays.copyOfRange(bytes, from, to));
    }

    public ByteString substring(int from) {
        return substring(from, bytes.length);
    }

    public ByteString plus(ByteString other) {
        byte[] joined = Arrays.copyOf(bytes, bytes.length + other.bytes.length);
        System.arraycopy(other.bytes, 0, joined, bytes.length, other.bytes.length);
        return new ByteString(joined);
    }

    @Override
    public int compareTo(ByteString other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteString text && Arrays.equals(bytes, text.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Decoded as UTF-8, malformed bytes as U+FFFD: for messages, not for use. */
    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

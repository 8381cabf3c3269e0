package io.jrun.image.tree;

import java.util.Arrays;

/**
 * One name inside a directory: 1 to 255 bytes, neither 0x00 nor "/", neither "." nor "..". Images hold names that no
 * locale decodes, hence bytes. Ordered by unsigned bytes, as squashfs lookup needs.
 */
public final class EntryName implements Comparable<EntryName> {

    /** NAME_MAX of Linux and the longest name a squashfs directory entry can hold (256 there). */
    public static final int MAX_LENGTH = 255;

    private final byte[] bytes;
    private final int hash;

    private EntryName(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** @throws IllegalArgumentException when the bytes are no file name */
    public static EntryName of(byte[] bytes) {
        if (!isValid(bytes, 0, bytes.length)) {
            throw new IllegalArgumentException("not a file name: " + ByteText.escape(bytes));
        }
        return new EntryName(bytes.clone());
    }

    /**
     * The bytes from {@code from} (inclusive) to {@code to} (exclusive), copied.
     *
     * @throws IllegalArgumentException when they are no file name
     */
    public static EntryName of(byte[] bytes, int from, int to) {
        if (!isValid(bytes, from, to)) {
            throw new IllegalArgumentException(
                    "not a file name: " + ByteText.escape(Arrays.copyOfRange(bytes, from, to)));
        }
        return new EntryName(Arrays.copyOfRange(bytes, from, to));
    }

    /** A name of ours, in ASCII. */
    public static EntryName of(String name) {
        return of(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    public static boolean isValid(byte[] bytes, int from, int to) {
        int length = to - from;
        if (length < 1 || length > MAX_LENGTH) {
            return false;
        }
        if (bytes[from] == '.' && (length == 1 || (length == 2 && bytes[from + 1] == '.'))) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (bytes[i] == 0 || bytes[i] == '/') {
                return false;
            }
        }
        return true;
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    public int length() {
        return bytes.length;
    }

    public byte byteAt(int index) {
        return bytes[index];
    }

    /** Whether this name consists of the bytes from {@code from} (inclusive) to {@code to} (exclusive). */
    public boolean matches(byte[] other, int from, int to) {
        return Arrays.equals(bytes, 0, bytes.length, other, from, to);
    }

    public boolean startsWith(byte[] prefix) {
        return bytes.length >= prefix.length && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    @Override
    public int compareTo(EntryName other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof EntryName name && hash == name.hash && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** For messages: ASCII as it is, everything else escaped; never for output that is read back. */
    @Override
    public String toString() {
        return ByteText.escape(bytes);
    }
}

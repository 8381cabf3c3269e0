package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import java.util.Arrays;

/**
 * A view of one header block, valid until the input moves on.
 *
 * <pre>
 * offset size field                    V7  ustar  GNU
 *    0   100  name                      x    x     x
 *  100     8  mode                      x    x     x
 *  108     8  uid                       x    x     x
 *  116     8  gid                       x    x     x
 *  124    12  size                      x    x     x
 *  136    12  mtime                     x    x     x
 *  148     8  checksum                  x    x     x
 *  156     1  type                      x    x     x
 *  157   100  link name                 x    x     x
 *  257     8  magic and version              x     x
 *  329     8  device major                   x     x
 *  337     8  device minor                   x     x
 *  345   155  prefix of the name             x
 *  386    96  four sparse extents                  x
 *  482     1  more extents follow                  x
 *  483    12  size with its holes                  x
 * </pre>
 *
 * Numbers are octal text or, where the top bit of the field is set, big-endian two's complement in the other bits.
 * Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format"; tar(5).
 */
final class TarHeader {

    static final int EXTENT_SIZE = 24;
    static final int EXTENTS_IN_HEADER = 4;
    static final int EXTENTS_IN_EXTENSION = 21;
    static final int EXTENSION_CONTINUES = 504;

    private static final byte[] MAGIC_USTAR = {'u', 's', 't', 'a', 'r', 0};
    private static final byte[] MAGIC_GNU = {'u', 's', 't', 'a', 'r', ' ', ' ', 0};
    private static final byte[] TRAILER_STAR = {'t', 'a', 'r', 0};

    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_SIZE = 8;
    private static final int MAGIC = 257;
    private static final int PREFIX = 345;

    private final TarInput input;
    private byte[] block;
    private int start;
    private long offset;

    TarHeader(TarInput input) {
        this.input = input;
        this.block = input.buffer();
    }

    void moveTo(int startInBuffer, long offsetInLayer) {
        block = input.buffer();
        start = startInBuffer;
        offset = offsetInLayer;
    }

    long offset() {
        return offset;
    }

    boolean isZero() {
        for (int i = start; i < start + TarInput.BLOCK; i++) {
            if (block[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The sum over unsigned bytes, or the sum over signed ones that some old writers made. */
    boolean checksumMatches() {
        long unsigned = 0;
        long signed = 0;
        for (int i = 0; i < TarInput.BLOCK; i++) {
            byte b = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_SIZE ? (byte) ' ' : block[start + i];
            unsigned += b & 0xff;
            signed += b;
        }
        long recorded = octal(CHECKSUM, CHECKSUM_SIZE);
        return recorded == unsigned || recorded == signed;
    }

    byte type() {
        return block[start + 156];
    }

    /** The name, after its prefix where the format has one. */
    byte[] name() {
        byte[] name = text(0, 100);
        int prefixSize = prefixSize();
        if (prefixSize == 0 || block[start + PREFIX] == 0) {
            return name;
        }
        byte[] prefix = text(PREFIX, prefixSize);
        byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
        whole[prefix.length] = '/';
        System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
        return whole;
    }

    private int prefixSize() {
        if (!matches(MAGIC, MAGIC_USTAR)) {
            return 0;
        }
        return matches(508, TRAILER_STAR) ? 131 : 155; // star keeps atime and ctime behind a shorter prefix
    }

    /** Old V7 and GNU headers; the others may belong to a pax archive. */
    boolean isUstar() {
        return matches(MAGIC, MAGIC_USTAR);
    }

    boolean isGnu() {
        return matches(MAGIC, MAGIC_GNU);
    }

    byte[] linkName() {
        return text(157, 100);
    }

    int permissions() throws CorruptDataException {
        return (int) (number(100, 8, "mode") & 0xfff);
    }

    long uid() throws CorruptDataException {
        return number(108, 8, "uid");
    }

    long gid() throws CorruptDataException {
        return number(116, 8, "gid");
    }

    long size() throws CorruptDataException {
        return number(124, 12, "size");
    }

    long mtime() throws CorruptDataException {
        return number(136, 12, "mtime");
    }

    long deviceMajor() throws CorruptDataException {
        return number(329, 8, "device major");
    }

    long deviceMinor() throws CorruptDataException {
        return number(337, 8, "device minor");
    }

    long realSize() throws CorruptDataException {
        return number(483, 12, "size of the sparse file");
    }

    boolean sparseExtensionFollows() {
        return block[start + 482] != 0;
    }

    /** Whether this block, which holds nothing but extents, has a successor. */
    boolean furtherSparseExtensionFollows() {
        return block[start + EXTENSION_CONTINUES] != 0;
    }

    boolean hasSparseExtent(int index, boolean inHeader) {
        return block[start + extent(index, inHeader)] != 0;
    }

    long sparseExtentOffset(int index, boolean inHeader) throws CorruptDataException {
        return number(extent(index, inHeader), 12, "sparse extent");
    }

    long sparseExtentLength(int index, boolean inHeader) throws CorruptDataException {
        return number(extent(index, inHeader) + 12, 12, "sparse extent");
    }

    private static int extent(int index, boolean inHeader) {
        return (inHeader ? 386 : 0) + index * EXTENT_SIZE;
    }

    private boolean matches(int field, byte[] expected) {
        return Arrays.equals(block, start + field, start + field + expected.length, expected, 0, expected.length);
    }

    /** Up to the first 0x00. */
    private byte[] text(int field, int size) {
        int end = start + field;
        while (end < start + field + size && block[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(block, start + field, end);
    }

    private long number(int field, int size, String what) throws CorruptDataException {
        long value = (block[start + field] & 0x80) != 0 ? binary(field, size) : octal(field, size);
        if (value == MALFORMED) {
            throw input.corruptAt(offset, "the header has a malformed number as " + what);
        }
        return value;
    }

    /** No field of a sound header has this value: a size, id or time that large means nothing. */
    private static final long MALFORMED = Long.MIN_VALUE;

    private long binary(int field, int size) {
        int first = block[start + field] & 0x7f;
        long value = (first & 0x40) != 0 ? first | -0x80L : first;
        for (int i = 1; i < size; i++) {
            if (value > Long.MAX_VALUE >> 8 || value < Long.MIN_VALUE >> 8) {
                return MALFORMED;
            }
            value = value << 8 | (block[start + field + i] & 0xffL);
        }
        return value;
    }

    /** Leading spaces and 0x00 are padding; the number ends at the field's end, a space or 0x00; nothing at all is 0. */
    private long octal(int field, int size) {
        int i = start + field;
        int end = i + size;
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        long value = 0;
        while (i < end && block[i] >= '0' && block[i] <= '7') {
            value = value << 3 | (block[i] - '0'); // 12 digits at most: 36 bits
            i++;
        }
        while (i < end && block[i] == ' ') {
            i++;
        }
        return i == end || block[i] == 0 ? value : MALFORMED;
    }
}

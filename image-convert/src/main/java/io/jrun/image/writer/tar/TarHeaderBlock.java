package io.jrun.image.writer.tar;

import java.util.Arrays;
import java.util.Optional;

/**
 * One header block. Source: POSIX.1-2017, pax, "ustar Interchange Format".
 *
 * <pre>
 *   0 100 name         108 8 uid     136 12 mtime      157 100 linkname   329 8 devmajor
 * 100   8 mode         116 8 gid     148  8 checksum   257   8 "ustar" 00 337 8 devminor
 *                      124 12 size   156  1 typeflag   265  64 owner names 345 155 prefix
 * </pre>
 */
final class TarHeaderBlock {

    static final int SIZE = 512;

    static final long MAX_NUMBER_OF_8 = 07777777;
    static final long MAX_NUMBER_OF_12 = 077777777777L;

    private static final int MAX_NAME = 100;
    private static final int MAX_PREFIX = 155;

    private final byte[] block = new byte[SIZE];

    TarHeaderBlock(char type) {
        block[156] = (byte) type;
        text(257, new byte[] {'u', 's', 't', 'a', 'r', 0, '0', '0'}, 8);
        number(100, 8, 0);
        number(108, 8, 0);
        number(116, 8, 0);
        number(124, 12, 0);
        number(136, 12, 0);
        number(329, 8, 0);
        number(337, 8, 0);
    }

    /** Sizes are rounded up to whole blocks. */
    static long padded(long size) {
        return (size + SIZE - 1) / SIZE * SIZE;
    }

    private void text(int at, byte[] bytes, int room) {
        System.arraycopy(bytes, 0, block, at, Math.min(bytes.length, room));
    }

    private void number(int at, int room, long value) {
        String digits = Long.toOctalString(value);
        int zeros = room - 1 - digits.length();
        Arrays.fill(block, at, at + zeros, (byte) '0');
        for (int i = 0; i < digits.length(); i++) {
            block[at + zeros + i] = (byte) digits.charAt(i);
        }
    }

    /** Returns false when the name does not fit; then as much of it as does is there for readers without PAX. */
    boolean name(byte[] path) {
        if (path.length <= MAX_NAME) {
            text(0, path, MAX_NAME);
            return true;
        }
        Optional<Integer> slash = splitAt(path);
        if (slash.isPresent()) {
            text(345, Arrays.copyOf(path, slash.get()), MAX_PREFIX);
            text(0, Arrays.copyOfRange(path, slash.get() + 1, path.length), MAX_NAME);
            return true;
        }
        text(0, path, MAX_NAME);
        return false;
    }

    /** The slash between prefix and name that leaves the shortest prefix. */
    private static Optional<Integer> splitAt(byte[] path) {
        // A slash at the very end belongs to the name.
        for (int i = Math.max(1, path.length - 1 - MAX_NAME); i <= MAX_PREFIX && i < path.length - 1; i++) {
            if (path[i] == '/') {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** Returns false when it does not fit. */
    boolean linkName(byte[] target) {
        text(157, target, MAX_NAME);
        return target.length <= MAX_NAME;
    }

    void mode(int permissions) {
        number(100, 8, permissions);
    }

    /** Returns false when it does not fit; then 0 stands there. */
    boolean uid(long uid) {
        number(108, 8, uid <= MAX_NUMBER_OF_8 ? uid : 0);
        return uid <= MAX_NUMBER_OF_8;
    }

    boolean gid(long gid) {
        number(116, 8, gid <= MAX_NUMBER_OF_8 ? gid : 0);
        return gid <= MAX_NUMBER_OF_8;
    }

    boolean size(long size) {
        number(124, 12, size <= MAX_NUMBER_OF_12 ? size : 0);
        return size <= MAX_NUMBER_OF_12;
    }

    boolean mtime(long seconds) {
        boolean fits = seconds >= 0 && seconds <= MAX_NUMBER_OF_12;
        number(136, 12, fits ? seconds : 0);
        return fits;
    }

    void device(int major, int minor) {
        number(329, 8, major);
        number(337, 8, minor);
    }

    byte[] toBytes() {
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        // Six digits, 0x00, space.
        number(148, 7, sum);
        block[154] = 0;
        return block.clone();
    }
}

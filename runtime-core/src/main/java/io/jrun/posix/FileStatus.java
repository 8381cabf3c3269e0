package io.jrun.posix;

/**
 * What statx(2) says of one inode.
 *
 * @param mode kind and permissions, as st_mode: {@link #kind} and {@link #permissions}
 * @param device of the file system, as one number that is equal for equal devices
 * @param deviceMajor of a device node, else 0
 */
public record FileStatus(
        int mode,
        long links,
        long uid,
        long gid,
        long device,
        long inode,
        long sizeInBytes,
        long blocksOf512,
        long mtimeSeconds,
        int mtimeNanos,
        int deviceMajor,
        int deviceMinor) {

    /** Source: inode(7), "The file type and mode". */
    public enum Kind {
        SOCKET(0140000),
        SYMBOLIC_LINK(0120000),
        REGULAR_FILE(0100000),
        BLOCK_DEVICE(0060000),
        DIRECTORY(0040000),
        CHARACTER_DEVICE(0020000),
        FIFO(0010000);

        private final int bits;

        Kind(int bits) {
            this.bits = bits;
        }
    }

    private static final int KIND_MASK = 0170000;

    public Kind kind() {
        for (Kind kind : Kind.values()) {
            if (kind.bits == (mode & KIND_MASK)) {
                return kind;
            }
        }
        throw new IllegalStateException("unknown kind of file: " + Integer.toOctalString(mode));
    }

    /** The low 12 bits. */
    public int permissions() {
        return mode & 07777;
    }
}

package io.jrun.image.squashfs;

/**
 * The first 96 bytes of an image file. Positions are offsets in the file; an absent table has
 * {@link SquashfsFormat#ABSENT}.
 *
 * <pre>
 * offset size field                     offset size field
 *      0    4 magic "hsqs"                  28    2 major version, 4
 *      4    4 inodes                        30    2 minor version, 0
 *      8    4 modification time             32    8 reference of the root directory's inode
 *     12    4 block size                    40    8 bytes used, without the padding
 *     16    4 fragment blocks               48    8 ID table
 *     20    2 compression                   56    8 xattr table
 *     22    2 log2 of the block size        64    8 inode table
 *     24    2 flags                         72    8 directory table
 *     26    2 IDs                           80    8 fragment table
 *                                           88    8 export table
 * </pre>
 */
record Superblock(
        long inodes,
        long modificationSeconds,
        int blockSize,
        long fragments,
        int compressionId,
        int flags,
        int ids,
        long rootReference,
        long bytesUsed,
        long idTable,
        long xattrTable,
        long inodeTable,
        long directoryTable,
        long fragmentTable,
        long exportTable) {

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    int blockLog() {
        return Integer.numberOfTrailingZeros(blockSize);
    }

    byte[] toBytes() {
        byte[] bytes = new byte[SquashfsFormat.SUPERBLOCK_SIZE];
        LittleEndian.put32(bytes, 0, SquashfsFormat.MAGIC);
        LittleEndian.put32(bytes, 4, inodes);
        LittleEndian.put32(bytes, 8, modificationSeconds);
        LittleEndian.put32(bytes, 12, blockSize);
        LittleEndian.put32(bytes, 16, fragments);
        LittleEndian.put16(bytes, 20, compressionId);
        LittleEndian.put16(bytes, 22, blockLog());
        LittleEndian.put16(bytes, 24, flags);
        LittleEndian.put16(bytes, 26, ids);
        LittleEndian.put16(bytes, 28, SquashfsFormat.MAJOR);
        LittleEndian.put16(bytes, 30, SquashfsFormat.MINOR);
        LittleEndian.put64(bytes, 32, rootReference);
        LittleEndian.put64(bytes, 40, bytesUsed);
        LittleEndian.put64(bytes, 48, idTable);
        LittleEndian.put64(bytes, 56, xattrTable);
        LittleEndian.put64(bytes, 64, inodeTable);
        LittleEndian.put64(bytes, 72, directoryTable);
        LittleEndian.put64(bytes, 80, fragmentTable);
        LittleEndian.put64(bytes, 88, exportTable);
        return bytes;
    }

    /** As they stand, unchecked. */
    static Superblock fromBytes(byte[] bytes) {
        return new Superblock(
                LittleEndian.u32(bytes, 4),
                LittleEndian.u32(bytes, 8),
                (int) LittleEndian.u32(bytes, 12),
                LittleEndian.u32(bytes, 16),
                LittleEndian.u16(bytes, 20),
                LittleEndian.u16(bytes, 24),
                LittleEndian.u16(bytes, 26),
                LittleEndian.i64(bytes, 32),
                LittleEndian.i64(bytes, 40),
                LittleEndian.i64(bytes, 48),
                LittleEndian.i64(bytes, 56),
                LittleEndian.i64(bytes, 64),
                LittleEndian.i64(bytes, 72),
                LittleEndian.i64(bytes, 80),
                LittleEndian.i64(bytes, 88));
    }
}

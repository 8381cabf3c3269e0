package io.jrun.image.squashfs;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import java.io.IOException;

/** Reads the superblock and checks what everything else relies on: version, sizes, and the order of the tables. */
final class SuperblockReader {

    private SuperblockReader() {}

    static Superblock read(ImageFile file) throws IOException {
        if (file.size() < SquashfsFormat.SUPERBLOCK_SIZE) {
            throw file.corrupt(file.size(), "too short for a squashfs image");
        }
        byte[] bytes = file.read(0, SquashfsFormat.SUPERBLOCK_SIZE);
        if (LittleEndian.u32(bytes, 0) != SquashfsFormat.MAGIC) {
            throw file.corrupt(0, "not a squashfs image");
        }
        int major = LittleEndian.u16(bytes, 28);
        int minor = LittleEndian.u16(bytes, 30);
        if (major != SquashfsFormat.MAJOR || minor != SquashfsFormat.MINOR) {
            throw new HostUnsupportedException(
                    Failure.of("read " + file.path(), "squashfs version " + major + "." + minor + " is not 4.0"));
        }
        Superblock read = Superblock.fromBytes(bytes);
        check(file, bytes, read);
        return read;
    }

    private static void check(ImageFile file, byte[] bytes, Superblock superblock) throws IOException {
        long blockSize = LittleEndian.u32(bytes, 12);
        if (blockSize < SquashfsFormat.MIN_BLOCK_SIZE
                || blockSize > SquashfsFormat.MAX_BLOCK_SIZE
                || Long.bitCount(blockSize) != 1
                || LittleEndian.u16(bytes, 22) != superblock.blockLog()) {
            throw file.corrupt(12, "impossible block size " + blockSize);
        }
        if (superblock.bytesUsed() < SquashfsFormat.SUPERBLOCK_SIZE || superblock.bytesUsed() > file.size()) {
            throw file.cut(superblock.bytesUsed());
        }
        long previous = SquashfsFormat.SUPERBLOCK_SIZE;
        for (int at : new int[] {64, 72, 80, 88, 48, 56}) {
            long table = LittleEndian.i64(bytes, at);
            if (table != SquashfsFormat.ABSENT) {
                if (table < previous || table > superblock.bytesUsed()) {
                    throw file.corrupt(at, "a table lies at the impossible position " + table);
                }
                previous = table;
            } else if (at == 64 || at == 72 || at == 48) {
                throw file.corrupt(at, "a table is missing");
            }
        }
        if (superblock.fragments() > 0 && superblock.fragmentTable() == SquashfsFormat.ABSENT) {
            throw file.corrupt(80, "the fragment table is missing");
        }
    }

    /** Where the next table's blocks lie at the latest: its list of positions. */
    static long directoryEnd(Superblock superblock) {
        if (superblock.fragmentTable() != SquashfsFormat.ABSENT) {
            return superblock.fragmentTable();
        }
        return superblock.exportTable() != SquashfsFormat.ABSENT ? superblock.exportTable() : superblock.idTable();
    }

    static Compression compression(ImageFile file, Superblock superblock) throws IOException {
        if (superblock.has(SquashfsFormat.FLAG_UNCOMPRESSED_DATA)
                && superblock.has(SquashfsFormat.FLAG_UNCOMPRESSED_INODES)
                && superblock.compressionId() == Compression.NONE.id()) {
            return Compression.NONE;
        }
        for (Compression compression : Compression.values()) {
            if (compression != Compression.NONE && compression.id() == superblock.compressionId()) {
                return compression;
            }
        }
        throw file.corrupt(20, "unknown compression " + superblock.compressionId());
    }
}

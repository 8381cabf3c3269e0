package io.jrun.image.squashfs;

import java.io.IOException;
import java.util.Arrays;

/** Reads entries of a table of fixed-size entries by their index, the counterpart of {@link LookupTableWriter}. */
final class LookupTableReader {

    private final ImageFile file;
    private final MetadataReader blocks;
    private final long positions;
    private final long count;
    private final int entrySize;
    private final String name;

    /** @param positions where the list of the blocks' positions begins */
    LookupTableReader(ImageFile file, MetadataReader blocks, long positions, long count, int entrySize, String name) {
        this.file = file;
        this.blocks = blocks;
        this.positions = positions;
        this.count = count;
        this.entrySize = entrySize;
        this.name = name;
    }

    byte[] entry(long index) throws IOException {
        if (index < 0 || index >= count) {
            throw file.corrupt(positions, "the " + name + " table has " + count + " entries, no entry " + index);
        }
        int perBlock = SquashfsFormat.METADATA_SIZE / entrySize;
        long position = LittleEndian.i64(file.read(positions + 8 * (index / perBlock), 8), 0);
        byte[] bytes = blocks.block(position).bytes();
        int from = (int) (index % perBlock) * entrySize;
        if (from + entrySize > bytes.length) {
            throw file.corrupt(position, "the " + name + " table's block ends before entry " + index);
        }
        return Arrays.copyOfRange(bytes, from, from + entrySize);
    }
}

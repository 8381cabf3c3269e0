package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The metadata blocks of one table, the last used ones kept. Used by one thread.
 *
 * <p>{@code end} is where the next table begins: no block reaches beyond it, so a reader that only goes forward ends.
 */
final class MetadataReader {

    /** 2 MiB of plain blocks: listings and inodes of a usual image are read once each. */
    private static final int MAX_KEPT_BLOCKS = 256;

    private final ImageFile file;
    private final BlockReader blocks;
    private final long start;
    private final long end;
    private final Map<Long, PlainBlock> kept = new LinkedHashMap<>(64, 0.75f, true);

    MetadataReader(ImageFile file, BlockReader blocks, long start, long end) {
        this.file = file;
        this.blocks = blocks;
        this.start = start;
        this.end = end;
    }

    /** A decompressed block and where the next one begins in the file. */
    static final class PlainBlock {

        private final byte[] bytes;
        private final long next;

        private PlainBlock(byte[] bytes, long next) {
            this.bytes = bytes;
            this.next = next;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    /** At a block's offset from the table's start, and an offset in its plain bytes. */
    Cursor at(long blockStart, int offset) throws IOException {
        return new Cursor(start + blockStart, offset);
    }

    Cursor at(long reference) throws IOException {
        return at(reference >>> 16, (int) (reference & 0xffff));
    }

    /** @param position in the file */
    PlainBlock block(long position) throws IOException {
        PlainBlock known = kept.get(position);
        if (known != null) {
            return known;
        }
        PlainBlock block = readBlock(position);
        kept.put(position, block);
        if (kept.size() > MAX_KEPT_BLOCKS) {
            kept.remove(kept.keySet().iterator().next());
        }
        return block;
    }

    private PlainBlock readBlock(long position) throws IOException {
        if (position < start || position > end - SquashfsFormat.METADATA_HEADER_SIZE) {
            throw file.corrupt(position, "a metadata block lies outside its table, which is " + start + " to " + end);
        }
        int header = LittleEndian.u16(file.read(position, SquashfsFormat.METADATA_HEADER_SIZE), 0);
        int size = header & ~SquashfsFormat.METADATA_STORED_UNCOMPRESSED;
        long data = position + SquashfsFormat.METADATA_HEADER_SIZE;
        if (size == 0 || size > SquashfsFormat.METADATA_SIZE || size > end - data) {
            throw file.corrupt(position, "a metadata block has the impossible size " + size);
        }
        boolean compressed = (header & SquashfsFormat.METADATA_STORED_UNCOMPRESSED) == 0;
        ByteBuffer plain = blocks.read(data, size, compressed, SquashfsFormat.METADATA_SIZE);
        byte[] bytes = new byte[plain.remaining()];
        plain.get(bytes);
        return new PlainBlock(bytes, data + size);
    }

    /** Reads forward through a table's plain bytes. */
    final class Cursor {

        private long position;
        private PlainBlock block;
        private int offset;
        private final byte[] number = new byte[8];

        private Cursor(long position, int offset) throws IOException {
            this.position = position;
            this.block = block(position);
            this.offset = offset;
            if (offset > block.bytes.length) {
                throw corrupt("a reference points behind its metadata block");
            }
        }

        int u16() throws IOException {
            read(number, 2);
            return LittleEndian.u16(number, 0);
        }

        int i16() throws IOException {
            return (short) u16();
        }

        long u32() throws IOException {
            read(number, 4);
            return LittleEndian.u32(number, 0);
        }

        long i64() throws IOException {
            read(number, 8);
            return LittleEndian.i64(number, 0);
        }

        /** @param length at most what a field of 16 bits can say, so that memory is bounded before anything is read */
        byte[] bytes(int length) throws IOException {
            byte[] bytes = new byte[length];
            read(bytes, length);
            return bytes;
        }

        private void read(byte[] into, int length) throws IOException {
            int filled = 0;
            while (filled < length) {
                if (offset == block.bytes.length) {
                    advance();
                }
                int part = Math.min(length - filled, block.bytes.length - offset);
                System.arraycopy(block.bytes, offset, into, filled, part);
                offset += part;
                filled += part;
            }
        }

        private void advance() throws IOException {
            if (block.bytes.length < SquashfsFormat.METADATA_SIZE) {
                throw corrupt("something goes on behind a table's last, short metadata block");
            }
            position = block.next;
            block = block(position);
            offset = 0;
        }

        io.jrun.error.CorruptDataException corrupt(String why) {
            return file.corrupt(position, why + " (plain offset " + offset + ")");
        }
    }
}

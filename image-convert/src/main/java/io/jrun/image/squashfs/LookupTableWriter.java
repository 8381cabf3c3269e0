package io.jrun.image.squashfs;

import java.io.IOException;

/**
 * Writes a table of fixed-size entries: metadata blocks full of entries, then the position of each block as 64 bits.
 * Readers find entry n by one division.
 */
final class LookupTableWriter {

    private final BlockCompressor compressor;

    LookupTableWriter(BlockCompressor compressor) {
        this.compressor = compressor;
    }

    /** Where the blocks begin and where the list of their positions begins, both from the start of the file. */
    record Location(long blocks, long positions) {}

    /** One entry after the other; {@code header} lies between the blocks and the positions. */
    Location write(ImageOutput out, byte[] entries, int length, byte[] header) throws IOException {
        long start = out.position();
        MetadataBlockWriter blocks = new MetadataBlockWriter(out, compressor);
        int count = (length + SquashfsFormat.METADATA_SIZE - 1) / SquashfsFormat.METADATA_SIZE;
        byte[] positions = new byte[8 * count];
        for (int i = 0; i < count; i++) {
            LittleEndian.put64(positions, 8 * i, start + blocks.blockStart());
            int from = i * SquashfsFormat.METADATA_SIZE;
            int to = Math.min(length, from + SquashfsFormat.METADATA_SIZE);
            blocks.write(java.util.Arrays.copyOfRange(entries, from, to));
        }
        blocks.finish();
        long list = out.position();
        out.write(header);
        out.write(positions);
        return new Location(start, list);
    }

    long write(ImageOutput out, byte[] entries, int length) throws IOException {
        return write(out, entries, length, new byte[0]).positions();
    }
}

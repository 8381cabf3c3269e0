package io.jrun.image.squashfs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Writes one metadata table: a stream of bytes cut into blocks of 8 KiB, each compressed and preceded by its stored
 * size. Things may straddle blocks.
 */
final class MetadataBlockWriter {

    private final OutputStream out;
    private final BlockCompressor compressor;
    private final byte[] block = new byte[SquashfsFormat.METADATA_SIZE];
    private final ByteBuffer work = ByteBuffer.allocateDirect(SquashfsFormat.METADATA_SIZE);
    private final byte[] number = new byte[8];
    private int filled;
    private long blockStart;
    private long flushedBytes;

    MetadataBlockWriter(OutputStream out, BlockCompressor compressor) {
        this.out = out;
        this.compressor = compressor;
    }

    /** Where the current block will lie, from the table's start. */
    long blockStart() {
        return blockStart;
    }

    /** Where the next byte will lie in its plain block, 0 to 8,191. */
    int offset() {
        return filled;
    }

    /** Plain bytes written to this table so far. */
    long plainBytes() {
        return flushedBytes + filled;
    }

    long reference() {
        return SquashfsFormat.reference(blockStart, filled);
    }

    void write16(int value) throws IOException {
        LittleEndian.put16(number, 0, value);
        write(number, 2);
    }

    void write32(long value) throws IOException {
        LittleEndian.put32(number, 0, value);
        write(number, 4);
    }

    void write64(long value) throws IOException {
        LittleEndian.put64(number, 0, value);
        write(number, 8);
    }

    void write(byte[] bytes) throws IOException {
        write(bytes, bytes.length);
    }

    void write(byte[] bytes, int length) throws IOException {
        int from = 0;
        while (from < length) {
            int part = Math.min(length - from, block.length - filled);
            System.arraycopy(bytes, from, block, filled, part);
            filled += part;
            from += part;
            if (filled == block.length) {
                flushBlock();
            }
        }
    }

    /** Ends the table. Returns the bytes that it takes in the file. */
    long finish() throws IOException {
        if (filled > 0) {
            flushBlock();
        }
        return blockStart;
    }

    private void flushBlock() throws IOException {
        flushedBytes += filled;
        work.put(0, block, 0, filled);
        int stored = compressor.compressInPlace(work, filled);
        work.get(0, block, 0, stored);
        int header = stored == filled ? stored | SquashfsFormat.METADATA_STORED_UNCOMPRESSED : stored;
        // A full plain block of 8,192 has a size that needs no bit of the flag's.
        byte[] head = {(byte) header, (byte) (header >> 8)};
        out.write(head);
        out.write(block, 0, stored);
        blockStart += SquashfsFormat.METADATA_HEADER_SIZE + stored;
        filled = 0;
    }
}

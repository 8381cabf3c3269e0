package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Reads and decompresses blocks, one at a time, into a direct buffer of its own that the next block overwrites; used by
 * one thread. Buffers are as large as the longest block met, in powers of two.
 */
final class BlockReader implements AutoCloseable {

    private final ImageFile file;
    private final BlockDecompressor decompressor;
    private ByteBuffer stored = ByteBuffer.allocateDirect(SquashfsFormat.METADATA_SIZE);
    private ByteBuffer plain = ByteBuffer.allocateDirect(SquashfsFormat.METADATA_SIZE);

    BlockReader(ImageFile file, Compression compression) throws IOException {
        this.file = file;
        this.decompressor = BlockDecompressor.open(compression);
    }

    /**
     * One block's plain bytes, from position 0 to the limit.
     *
     * @param storedSize 1 to {@code maxPlain}
     */
    ByteBuffer read(long position, int storedSize, boolean compressed, int maxPlain) throws IOException {
        stored = atLeast(stored, storedSize);
        stored.clear().limit(storedSize);
        file.read(position, stored);
        stored.flip();
        if (!compressed) {
            return stored;
        }
        plain = atLeast(plain, maxPlain);
        plain.clear();
        try {
            int size = decompressor.decompress(stored, plain, maxPlain);
            return plain.clear().limit(size);
        } catch (DataFormatException e) {
            throw file.corrupt(position, "damaged block (" + e.getMessage() + ")");
        }
    }

    /** The block read last, as it is stored; {@code length} is what it was read with. */
    void copyStored(int length, ByteBuffer into) {
        into.put(0, stored, 0, length);
    }

    private static ByteBuffer atLeast(ByteBuffer buffer, int size) {
        if (buffer.capacity() >= size) {
            return buffer;
        }
        return ByteBuffer.allocateDirect(Integer.highestOneBit(size - 1) << 1);
    }

    @Override
    public void close() {
        decompressor.close();
    }
}

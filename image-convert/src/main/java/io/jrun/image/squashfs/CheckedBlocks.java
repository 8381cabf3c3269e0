package io.jrun.image.squashfs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Stored blocks of an image file that is open, each unpacked once before it is taken over: nobody has noted digests of
 * them, and what is damaged must not go on unseen. Used by several threads.
 */
final class CheckedBlocks implements Closeable {

    private final SquashfsImage image;
    private final Queue<BlockReader> idle = new ConcurrentLinkedQueue<>();

    /** @param image open until this is closed */
    CheckedBlocks(SquashfsImage image) {
        this.image = image;
    }

    /**
     * Reads a block as it is stored to the start of {@code into}.
     *
     * @param sizeWord as in the inode, not 0
     * @param plainLength that it must unpack to
     */
    void read(long position, int sizeWord, int plainLength, ByteBuffer into) throws IOException {
        BlockReader reader = idle.poll();
        if (reader == null) {
            reader = image.blockReader();
        }
        try {
            int storedLength = sizeWord & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            boolean compressed = (sizeWord & SquashfsFormat.DATA_STORED_UNCOMPRESSED) == 0;
            ByteBuffer plain = reader.read(
                    position, storedLength, compressed, image.superblock().blockSize());
            if (plain.remaining() != plainLength) {
                throw image.file()
                        .corrupt(position, "a data block holds " + plain.remaining() + " bytes, not " + plainLength);
            }
            reader.copyStored(storedLength, into);
        } finally {
            idle.add(reader);
        }
    }

    @Override
    public void close() {
        idle.forEach(BlockReader::close);
        idle.clear();
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.FileContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Reads contents of an open image, a block at a time; used by one thread, as many as wanted side by side. The fragment
 * block read last is kept, so that files in it, read one after the other, decompress it once.
 */
public final class ContentReader implements AutoCloseable {

    private final SquashfsImage image;
    private final BlockReader blocks;
    private final BlockReader fragments;
    private long fragmentNumber = SquashfsFormat.ABSENT;
    private ByteBuffer fragment = ByteBuffer.allocate(0);
    private ByteBuffer zeros = ByteBuffer.allocate(0);

    ContentReader(SquashfsImage image, BlockReader blocks, BlockReader fragments) {
        this.image = image;
        this.blocks = blocks;
        this.fragments = fragments;
    }

    /** Takes a file's bytes in ascending order of offsets. */
    public interface Sink {

        /** @param bytes from position to limit, direct or not; valid until the method returns */
        void bytes(long offset, ByteBuffer bytes) throws IOException;

        /** So many zero bytes, which the image does not store. */
        void zeros(long offset, long length) throws IOException;
    }

    /** Reads the part of a content that a {@link ContentPiece} covers. */
    public void read(ContentPiece.Part part, Sink sink) throws IOException {
        SquashfsContent content = part.content();
        long position = part.position();
        for (int block = part.firstBlock(); block < part.endBlock(); block++) {
            long offset = (long) block * blockSize();
            if (isSparse(content, block)) {
                sink.zeros(offset, plainSize(content, block));
            } else {
                sink.bytes(offset, part(content, block, position));
            }
            position += storedSize(content, block);
        }
    }

    /**
     * A content of this image from its start, through this reader: to be read to where it is wanted before anything else
     * is read here. Closing it leaves the reader open.
     */
    public InputStream open(FileContent content) {
        return new SquashfsContentStream((SquashfsContent) content, this, () -> {});
    }

    int blockSize() {
        return image.superblock().blockSize();
    }

    /** Parts of a content: its blocks, and its fragment if it has one. */
    static int parts(SquashfsContent content) {
        return content.location().blocks() + (content.hasFragment() ? 1 : 0);
    }

    private static boolean isSparse(SquashfsContent content, int block) {
        return block < content.location().blocks() && content.location().sizeWord(block) == 0;
    }

    private int plainSize(SquashfsContent content, int block) {
        return (int) Math.min(blockSize(), content.sizeInBytes() - (long) block * blockSize());
    }

    /** Bytes between the part's position and the next one's. */
    int storedSize(SquashfsContent content, int block) {
        return block < content.location().blocks()
                ? content.location().sizeWord(block) & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED
                : 0;
    }

    /** One block or the fragment; valid until the next call. */
    ByteBuffer part(SquashfsContent content, int block, long position) throws IOException {
        int size = plainSize(content, block);
        if (block >= content.location().blocks()) {
            return fragmentPart(content, size);
        }
        if (isSparse(content, block)) {
            if (zeros.capacity() < size) {
                zeros = ByteBuffer.allocate(size);
            }
            return zeros.clear().limit(size);
        }
        int word = content.location().sizeWord(block);
        ByteBuffer plain = blocks.read(
                position,
                word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED,
                (word & SquashfsFormat.DATA_STORED_UNCOMPRESSED) == 0,
                blockSize());
        if (plain.remaining() != size) {
            throw image.file().corrupt(position, "a data block holds " + plain.remaining() + " bytes, not " + size);
        }
        return plain;
    }

    private ByteBuffer fragmentPart(SquashfsContent content, int size) throws IOException {
        long number = content.location().fragment();
        if (number != fragmentNumber) {
            fragmentNumber = SquashfsFormat.ABSENT;
            fragment = image.fragment(number).read(fragments, blockSize());
            fragmentNumber = number;
        }
        int from = content.location().offsetInFragment();
        if (from > fragment.limit() - size) {
            throw image.file().corrupt(from, "a file ends behind its fragment block " + number);
        }
        return fragment.slice(from, size);
    }

    @Override
    public void close() {
        blocks.close();
        fragments.close();
    }
}

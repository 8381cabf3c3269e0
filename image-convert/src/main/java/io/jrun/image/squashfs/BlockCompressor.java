package io.jrun.image.squashfs;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/**
 * Compresses one block at a time, in place; used by one thread. Equal input gives equal output whatever was compressed
 * before. Blocks are direct buffers, where native codecs work on them as they are: nothing is allocated per block, and
 * native code never pins the Java heap.
 *
 * <p>The bytes of {@link Compression#ZSTD} depend on this jrun's version alone; those of {@link Compression#GZIP} on the
 * zlib that the Java runtime was built with or links to, and those of {@link Compression#LZ4} and {@link Compression#XZ} on
 * the host's liblz4 and liblzma. {@link Compression#codec} names it.
 */
interface BlockCompressor extends AutoCloseable {

    /**
     * Replaces the first {@code length} bytes by their compressed form if that is shorter; neither heeds nor changes the
     * buffer's position and limit.
     *
     * @return the bytes to store; {@code length} means that the block is unchanged
     */
    int compressInPlace(ByteBuffer block, int length);

    @Override
    void close();

    /** The level of lz4 that looks at one place only; each above doubles the places, as many as -Xhc at the ninth. */
    int LZ4_FAST = 1;

    /** @param maxLength the longest block that will come, at least 4,096 */
    static BlockCompressor open(Compression compression, int level, int maxLength) {
        return switch (compression) {
            case ZSTD -> new ZstdBlocks(level, maxLength);
            case GZIP -> new DeflateBlocks(level, maxLength);
            case LZ4 -> Lz4Blocks.open(level, maxLength);
            case XZ -> XzBlocks.open(level, maxLength);
            case NONE -> new StoredBlocks();
            case LZMA, LZO -> throw new IllegalArgumentException("not written: " + compression);
        };
    }

    /** zstd frames that state their content size and carry no checksum. */
    final class ZstdBlocks implements BlockCompressor {

        private final ZstdCompressCtx context;
        private final ByteBuffer compressed;

        private ZstdBlocks(int level, int maxLength) {
            context = new ZstdCompressCtx().setLevel(level);
            compressed = ByteBuffer.allocateDirect(Math.toIntExact(Zstd.compressBound(maxLength)));
        }

        @Override
        public int compressInPlace(ByteBuffer block, int length) {
            int size = context.compressDirectByteBuffer(compressed, 0, compressed.capacity(), block, 0, length);
            if (size >= length) {
                return length;
            }
            block.put(0, compressed, 0, size);
            return size;
        }

        @Override
        public void close() {
            context.close();
        }
    }

    /** zlib streams (RFC 1950), which is what the format's "gzip" means. */
    final class DeflateBlocks implements BlockCompressor {

        private final Deflater deflater;
        private final ByteBuffer compressed;

        private DeflateBlocks(int level, int maxLength) {
            deflater = new Deflater(level);
            compressed = ByteBuffer.allocateDirect(maxLength);
        }

        @Override
        public int compressInPlace(ByteBuffer block, int length) {
            deflater.reset();
            deflater.setInput(block.slice(0, length));
            deflater.finish();
            // One byte short of the input: a stream that needs more is not worth storing.
            compressed.clear().limit(length - 1);
            int size = deflater.deflate(compressed);
            if (!deflater.finished()) {
                return length;
            }
            block.put(0, compressed, 0, size);
            return size;
        }

        @Override
        public void close() {
            deflater.end();
        }
    }

    /** Leaves every block as it is. */
    final class StoredBlocks implements BlockCompressor {

        private StoredBlocks() {}

        @Override
        public int compressInPlace(ByteBuffer block, int length) {
            return length;
        }

        @Override
        public void close() {}
    }

    /** Codecs in Java, which work on arrays. */
    final class ArrayBlocks implements BlockCompressor {

        /** As {@link BlockCompressor}, which owns nothing. */
        interface Codec {
            int compressInPlace(byte[] block, int length);
        }

        private final Codec codec;
        private byte[] array = {};

        ArrayBlocks(Codec codec) {
            this.codec = codec;
        }

        @Override
        public int compressInPlace(ByteBuffer block, int length) {
            if (array.length < length) {
                array = new byte[length];
            }
            block.get(0, array, 0, length);
            int size = codec.compressInPlace(array, length);
            if (size < length) {
                block.put(0, array, 0, size);
            }
            return size;
        }

        @Override
        public void close() {}
    }
}

package io.jrun.image.squashfs;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/**
 * Compresses one block at a time, in place; used by one thread. Equal input gives equal output whatever was compressed
 * before. Native codecs work on direct buffers that live as long as the compressor: nothing is allocated per block, and
 * native code never pins the Java heap.
 *
 * <p>The bytes of {@link Compression#ZSTD} depend on this jrun's version alone; those of {@link Compression#GZIP} on the
 * zlib that the Java runtime was built with or links to, and those of {@link Compression#LZ4} and {@link Compression#XZ} on
 * the host's liblz4 and liblzma. {@link Compression#codec} names it.
 */
interface BlockCompressor extends AutoCloseable {

    /**
     * Replaces the first {@code length} bytes by their compressed form if that is shorter.
     *
     * @return the bytes to store; {@code length} means that the block is unchanged
     */
    int compressInPlace(byte[] block, int length);

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
        private final ByteBuffer plain;
        private final ByteBuffer compressed;

        private ZstdBlocks(int level, int maxLength) {
            context = new ZstdCompressCtx().setLevel(level);
            plain = ByteBuffer.allocateDirect(maxLength);
            compressed = ByteBuffer.allocateDirect(Math.toIntExact(Zstd.compressBound(maxLength)));
        }

        @Override
        public int compressInPlace(byte[] block, int length) {
            plain.put(0, block, 0, length);
            int size = context.compressDirectByteBuffer(compressed, 0, compressed.capacity(), plain, 0, length);
            if (size >= length) {
                return length;
            }
            compressed.get(0, block, 0, size);
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
        private final ByteBuffer plain;
        private final ByteBuffer compressed;

        private DeflateBlocks(int level, int maxLength) {
            deflater = new Deflater(level);
            plain = ByteBuffer.allocateDirect(maxLength);
            compressed = ByteBuffer.allocateDirect(maxLength);
        }

        @Override
        public int compressInPlace(byte[] block, int length) {
            deflater.reset();
            plain.clear().limit(length);
            plain.put(0, block, 0, length);
            deflater.setInput(plain);
            deflater.finish();
            // One byte short of the input: a stream that needs more is not worth storing.
            compressed.clear().limit(length - 1);
            int size = deflater.deflate(compressed);
            if (!deflater.finished()) {
                return length;
            }
            compressed.get(0, block, 0, size);
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
        public int compressInPlace(byte[] block, int length) {
            return length;
        }

        @Override
        public void close() {}
    }
}

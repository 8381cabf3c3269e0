package io.jrun.image.squashfs;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.commons.compress.compressors.lz4.BlockLZ4CompressorInputStream;

/** Decompresses one block at a time between direct buffers; used by one thread. */
interface BlockDecompressor extends AutoCloseable {

    /**
     * Decompresses {@code from}, from its position to its limit, to the start of {@code to}.
     *
     * @return the plain bytes, 1 to {@code maxLength}
     * @throws DataFormatException when the data are damaged or hold more
     */
    int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException;

    @Override
    void close();

    static BlockDecompressor open(Compression compression) throws IOException {
        return switch (compression) {
            case ZSTD -> new ZstdBlocks();
            case GZIP, NONE -> new DeflateBlocks();
            case LZ4 -> new Lz4Blocks();
            case LZMA, LZO, XZ ->
                throw new HostUnsupportedException(Failure.of(
                                "read a squashfs image",
                                "it is compressed with " + compression.label() + ", which jrun does not read")
                        .hint("write it anew: unsquashfs, then mksquashfs -comp zstd"));
        };
    }

    /** zstd frames. */
    final class ZstdBlocks implements BlockDecompressor {

        private final ZstdDecompressCtx context = new ZstdDecompressCtx();

        private ZstdBlocks() {}

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            try {
                int size =
                        context.decompressDirectByteBuffer(to, 0, maxLength, from, from.position(), from.remaining());
                if (size < 1) {
                    throw new DataFormatException("nothing inside");
                }
                return size;
            } catch (ZstdException e) {
                throw damaged(e);
            }
        }

        @Override
        public void close() {
            context.close();
        }
    }

    /** zlib streams. */
    final class DeflateBlocks implements BlockDecompressor {

        private final Inflater inflater = new Inflater();

        private DeflateBlocks() {}

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            inflater.reset();
            inflater.setInput(from);
            to.clear().limit(maxLength);
            int size = inflater.inflate(to);
            to.clear();
            if (size < 1) {
                throw new DataFormatException("nothing inside");
            }
            if (!inflater.finished() && !endsHere()) {
                throw new DataFormatException("the stream does not end with the block");
            }
            return size;
        }

        /** A full output leaves the stream's end unread. */
        private boolean endsHere() throws DataFormatException {
            int more = inflater.inflate(ByteBuffer.allocate(1));
            return more == 0 && inflater.finished();
        }

        @Override
        public void close() {
            inflater.end();
        }
    }

    /** Bare LZ4 blocks. */
    final class Lz4Blocks implements BlockDecompressor {

        private Lz4Blocks() {}

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            byte[] stored = new byte[from.remaining()];
            from.get(stored);
            try (BlockLZ4CompressorInputStream in =
                    new BlockLZ4CompressorInputStream(new ByteArrayInputStream(stored))) {
                byte[] plain = in.readNBytes(maxLength + 1);
                if (plain.length < 1 || plain.length > maxLength) {
                    throw new DataFormatException("a wrong length");
                }
                to.put(0, plain);
                return plain.length;
            } catch (IOException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                // The library checks distances and lengths with unchecked exceptions too.
                throw damaged(e);
            }
        }

        @Override
        public void close() {}
    }

    private static DataFormatException damaged(Exception cause) {
        DataFormatException damaged = new DataFormatException(cause.getMessage());
        damaged.initCause(cause);
        return damaged;
    }
}

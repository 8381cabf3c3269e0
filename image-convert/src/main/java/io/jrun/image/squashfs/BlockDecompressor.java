package io.jrun.image.squashfs;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

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

    static BlockDecompressor open(Compression compression) {
        return switch (compression) {
            case ZSTD -> new ZstdBlocks();
            case GZIP, NONE -> new DeflateBlocks();
            case LZ4 -> new ArrayBlocks(new Lz4Decoder()::decode);
            case LZO -> new ArrayBlocks(new LzoDecoder()::decode);
            case XZ -> new ArrayBlocks(new LzmaDecoder(LzmaDecoder::xz)::decode);
            case LZMA -> new ArrayBlocks(new LzmaDecoder(LzmaDecoder::lzmaAlone)::decode);
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

    /** A decoder that works on arrays, between buffers. */
    final class ArrayBlocks implements BlockDecompressor {

        /** Returns the plain bytes, 1 to {@code maxLength}. */
        interface Decoder {
            int decode(byte[] stored, int storedLength, byte[] plain, int maxLength) throws DataFormatException;
        }

        private final Decoder decoder;
        private byte[] stored = {};
        private byte[] plain = {};

        private ArrayBlocks(Decoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            int length = from.remaining();
            if (stored.length < length) {
                stored = new byte[Math.max(length, to.capacity())];
            }
            if (plain.length < maxLength) {
                plain = new byte[maxLength];
            }
            from.get(stored, 0, length);
            int size = decoder.decode(stored, length, plain, maxLength);
            to.put(0, plain, 0, size);
            return size;
        }

        @Override
        public void close() {
            plain = new byte[0];
        }
    }

    static DataFormatException damaged(Exception cause) {
        DataFormatException damaged = new DataFormatException(cause.getMessage());
        damaged.initCause(cause);
        return damaged;
    }
}

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
            case LZ4 ->
                Liblz4.load()
                        .<BlockDecompressor>map(Lz4Blocks::new)
                        .orElseGet(() -> new ArrayBlocks(new Lz4Decoder()::decode));
            case LZO -> new ArrayBlocks(new LzoDecoder()::decode);
            case XZ ->
                Liblzma.load()
                        .<BlockDecompressor>map(XzBlocks::new)
                        .orElseGet(() -> new ArrayBlocks(new LzmaDecoder(LzmaDecoder::xz)::decode));
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

    /** Bare LZ4 blocks, through the host's library. */
    final class Lz4Blocks implements BlockDecompressor {

        private final Liblz4.Library library;

        private Lz4Blocks(Liblz4.Library library) {
            this.library = library;
        }

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            int size = library.LZ4_decompress_safe(
                    Liblz4.address(library, from), Liblz4.address(library, to.clear()), from.remaining(), maxLength);
            if (size < 1) {
                throw new DataFormatException(size == 0 ? "nothing inside" : "no LZ4 block");
            }
            return size;
        }

        /** Nothing to free. */
        @Override
        public void close() {}
    }

    /** .xz streams, through the host's library. */
    final class XzBlocks implements BlockDecompressor {

        /** The stream ended within its input and the room. */
        private static final int OK = 0;

        private final Liblzma.Library library;
        private final ByteBuffer numbers = Liblzma.memory(3 * Long.BYTES);

        private XzBlocks(Liblzma.Library library) {
            this.library = library;
        }

        @Override
        public int decompress(ByteBuffer from, ByteBuffer to, int maxLength) throws DataFormatException {
            numbers.putLong(0, LzmaDecoder.MEMORY_LIMIT_KIB * 1024L);
            numbers.putLong(Long.BYTES, 0);
            numbers.putLong(2 * Long.BYTES, 0);
            int length = from.remaining();
            int result = library.lzma_stream_buffer_decode(
                    Liblzma.pointer(library, numbers.slice(0, Long.BYTES)),
                    0,
                    null,
                    Liblzma.pointer(library, from.slice()),
                    Liblzma.pointer(library, numbers.slice(Long.BYTES, Long.BYTES)),
                    length,
                    Liblzma.pointer(library, to.clear().slice()),
                    Liblzma.pointer(library, numbers.slice(2 * Long.BYTES, Long.BYTES)),
                    maxLength);
            int size = Math.toIntExact(numbers.getLong(2 * Long.BYTES));
            if (result != OK || size < 1) {
                throw new DataFormatException("no .xz stream of this length (liblzma " + result + ")");
            }
            return size;
        }

        /** Nothing to free: the library keeps nothing between calls. */
        @Override
        public void close() {}
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

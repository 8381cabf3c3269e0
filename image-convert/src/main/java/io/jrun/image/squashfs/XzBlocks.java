package io.jrun.image.squashfs;

import java.nio.ByteBuffer;
import java.util.Optional;
import jnr.ffi.Pointer;

/**
 * Compresses to .xz streams of one block with a CRC-32, which is what the kernel decodes. The dictionary is as large as
 * the longest block, as readers expect of an image that says nothing else. Through the host's liblzma, which takes two
 * thirds of the time of {@link XzJavaBlocks}.
 */
final class XzBlocks implements BlockCompressor {

    private static final long FILTER_LZMA2 = 0x21;
    private static final long NO_FILTER = -1L;
    private static final int CHECK_CRC32 = 1;
    private static final int OK = 0;

    /** No more than what is worth storing fits: the usual answer to blocks that do not compress. */
    private static final int BUFFER_ERROR = 10;

    /** The structure has 112 bytes; the rest is room should a later version of the library use more. */
    private static final int OPTIONS_SIZE = 512;

    private final Liblzma.Library library;
    private final ByteBuffer options = Liblzma.memory(OPTIONS_SIZE);
    private final ByteBuffer filters = Liblzma.memory(32);
    private final ByteBuffer plain;
    private final ByteBuffer compressed;
    private final ByteBuffer written = Liblzma.memory(Long.BYTES);
    private final Pointer filtersAddress;
    private final Pointer plainAddress;
    private final Pointer compressedAddress;
    private final Pointer writtenAddress;

    private XzBlocks(Liblzma.Library library, int level, int maxLength) {
        this.library = library;
        Pointer optionsAddress = Liblzma.pointer(library, options);
        if (library.lzma_lzma_preset(optionsAddress, level) != 0) {
            throw new IllegalArgumentException("liblzma knows no level " + level);
        }
        options.putInt(0, maxLength);
        filters.putLong(0, FILTER_LZMA2);
        filters.putLong(8, optionsAddress.address());
        filters.putLong(16, NO_FILTER);
        plain = Liblzma.memory(maxLength);
        compressed = Liblzma.memory(maxLength);
        filtersAddress = Liblzma.pointer(library, filters);
        plainAddress = Liblzma.pointer(library, plain);
        compressedAddress = Liblzma.pointer(library, compressed);
        writtenAddress = Liblzma.pointer(library, written);
    }

    /** Which library {@link #open} takes, with its version. */
    static String codec() {
        return Liblzma.load()
                .map(library -> "liblzma " + library.lzma_version_string())
                .orElse("xz-java " + XzJavaBlocks.VERSION);
    }

    /** The host's library if it has one, else the one that jrun brings. */
    static BlockCompressor open(int level, int maxLength) {
        Optional<Liblzma.Library> library = Liblzma.load();
        return library.isPresent() ? new XzBlocks(library.get(), level, maxLength) : openOwn(level, maxLength);
    }

    static BlockCompressor openOwn(int level, int maxLength) {
        return new ArrayBlocks(new XzJavaBlocks(level, maxLength));
    }

    @Override
    public int compressInPlace(ByteBuffer block, int length) {
        plain.put(0, block, 0, length);
        written.putLong(0, 0);
        // One byte short of the input: a stream that needs more is not worth storing.
        int result = library.lzma_stream_buffer_encode(
                filtersAddress,
                CHECK_CRC32,
                null,
                plainAddress,
                length,
                compressedAddress,
                writtenAddress,
                length - 1L);
        if (result == BUFFER_ERROR) {
            return length;
        }
        if (result != OK) {
            throw new IllegalStateException("liblzma failed to compress (" + result + ")");
        }
        int size = Math.toIntExact(written.getLong(0));
        block.put(0, compressed, 0, size);
        return size;
    }

    /** Nothing to free: all memory belongs to buffers. */
    @Override
    public void close() {
        written.putLong(0, 0);
    }
}

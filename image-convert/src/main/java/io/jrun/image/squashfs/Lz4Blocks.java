package io.jrun.image.squashfs;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Compresses to bare LZ4 blocks through the host's liblz4, where it has one. */
final class Lz4Blocks implements BlockCompressor {

    /** What -Xhc means to mksquashfs, and the highest that the library knows. */
    private static final int HIGHEST = 12;

    private final Liblz4.Library library;
    private final int level;
    private final ByteBuffer compressed;
    private final long compressedAddress;

    private Lz4Blocks(Liblz4.Library library, int level, int maxLength) {
        this.library = library;
        this.level = level;
        this.compressed = ByteBuffer.allocateDirect(maxLength);
        this.compressedAddress = Liblz4.address(library, compressed);
    }

    /** Which codec {@link #open} takes, with its version. */
    static String codec() {
        return Liblz4.load()
                .map(library -> "liblz4 " + library.LZ4_versionString())
                .orElse("jrun lz4 1");
    }

    /** The host's library if it has one, else what jrun brings. */
    static BlockCompressor open(int level, int maxLength) {
        Optional<Liblz4.Library> library = Liblz4.load();
        return library.isPresent() ? new Lz4Blocks(library.get(), level, maxLength) : openOwn(level);
    }

    static BlockCompressor openOwn(int level) {
        return new ArrayBlocks(level == LZ4_FAST ? new Lz4FastBlocks() : new Lz4HighBlocks(1 << (level - 1)));
    }

    /** From 2 on the library's slower kinds, which begin at 3; the last is its best. */
    private static int libraryLevel(int level) {
        return level == Compression.LZ4.maxLevel() ? HIGHEST : level + 1;
    }

    @Override
    public int compressInPlace(ByteBuffer block, int length) {
        long address = Liblz4.address(library, block.slice(0, length));
        // One byte short of the input: a block that needs more is not worth storing.
        int room = length - 1;
        int size = level == LZ4_FAST
                ? library.LZ4_compress_default(address, compressedAddress, length, room)
                : library.LZ4_compress_HC(address, compressedAddress, length, room, libraryLevel(level));
        if (size <= 0) {
            return length;
        }
        block.put(0, compressed, 0, size);
        return size;
    }

    /** Nothing to free: all memory belongs to buffers. */
    @Override
    public void close() {}
}

package io.jrun.image.squashfs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZOutputStream;

/** As {@link XzBlocks}, with the library that every jrun has, for hosts without liblzma. */
final class XzJavaBlocks implements BlockCompressor.ArrayBlocks.Codec {

    /** Of the library, which does not tell itself; the build's. */
    static final String VERSION = "1.12";

    private final LZMA2Options options;
    private final BasicArrayCache arrays = new BasicArrayCache();
    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();

    XzJavaBlocks(int level, int dictionarySize) {
        try {
            options = new LZMA2Options(level);
            options.setDictSize(dictionarySize);
        } catch (IOException e) {
            throw new IllegalArgumentException("impossible options", e);
        }
    }

    @Override
    public int compressInPlace(byte[] block, int length) {
        compressed.reset();
        try (XZOutputStream out = new XZOutputStream(compressed, options, XZ.CHECK_CRC32, arrays)) {
            out.write(block, 0, length);
        } catch (IOException e) {
            throw new UncheckedIOException("memory is never full without an error of its own", e);
        }
        int size = compressed.size();
        if (size >= length) {
            return length;
        }
        System.arraycopy(compressed.toByteArray(), 0, block, 0, size);
        return size;
    }
}

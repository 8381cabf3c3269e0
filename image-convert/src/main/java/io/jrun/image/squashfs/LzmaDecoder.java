package io.jrun.image.squashfs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.DataFormatException;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/** Decompresses what the LZMA family stores: .xz streams, and .lzma files as LZMA Utils wrote them. */
final class LzmaDecoder {

    /** Far above what a dictionary of one block, 1 MiB, needs; far below what a forged header may ask for. */
    static final int MEMORY_LIMIT_KIB = 32 * 1024;

    /** How a kind of stream is opened. */
    interface Opener {
        InputStream open(InputStream stored, ArrayCache arrays) throws IOException;
    }

    private final Opener opener;
    private final BasicArrayCache arrays = new BasicArrayCache();

    LzmaDecoder(Opener opener) {
        this.opener = opener;
    }

    /** With any filter that the format knows. */
    static InputStream xz(InputStream stored, ArrayCache arrays) throws IOException {
        return new SingleXZInputStream(stored, MEMORY_LIMIT_KIB, true, arrays);
    }

    static InputStream lzmaAlone(InputStream stored, ArrayCache arrays) throws IOException {
        return new LZMAInputStream(stored, MEMORY_LIMIT_KIB, arrays);
    }

    /** Returns the plain bytes, 1 to {@code maxLength}. */
    int decode(byte[] stored, int storedLength, byte[] plain, int maxLength) throws DataFormatException {
        try (InputStream in = opener.open(new ByteArrayInputStream(stored, 0, storedLength), arrays)) {
            int size = in.readNBytes(plain, 0, maxLength);
            if (size < 1 || in.read() >= 0) {
                throw new DataFormatException("a wrong length");
            }
            return size;
        } catch (IOException e) {
            throw BlockDecompressor.damaged(e);
        }
    }
}

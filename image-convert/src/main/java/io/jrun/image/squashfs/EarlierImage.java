package io.jrun.image.squashfs;

import io.jrun.image.tree.EarlierFileChangedException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.zip.DataFormatException;

/**
 * An image file that this writer made once, and whose stored blocks are taken over. None of its tables is read, and no
 * byte is used before its digest has been compared with what was noted when it was written.
 */
final class EarlierImage implements Closeable {

    private final ImageFile file;

    private EarlierImage(ImageFile file) {
        this.file = file;
    }

    static EarlierImage open(Path path) throws IOException {
        return new EarlierImage(ImageFile.open(path));
    }

    /**
     * Reads a piece to the start of {@code into}; by several threads.
     *
     * @return its SHA-256
     */
    byte[] read(StoredPiece piece, ByteBuffer into, MessageDigest sha256) throws EarlierFileChangedException {
        try {
            file.read(piece.position(), into.slice(0, piece.length()));
        } catch (IOException e) {
            throw new EarlierFileChangedException(file.path(), e);
        }
        byte[] digest = piece.verified(into, sha256);
        if (digest.length == 0) {
            throw new EarlierFileChangedException(
                    file.path(), "other bytes than were written, at offset " + piece.position());
        }
        return digest;
    }

    /** What a fragment block holds, for the one thread that keeps the order. */
    static final class PlainFragments implements Closeable {

        private final BlockDecompressor decompressor;
        private final MessageDigest sha256 = CompressionPool.sha256();
        private final ByteBuffer stored;
        private final ByteBuffer plain;
        private EarlierFragment current;

        PlainFragments(Compression compression, int blockSize) {
            this.decompressor = BlockDecompressor.open(compression);
            this.stored = ByteBuffer.allocateDirect(blockSize);
            this.plain = ByteBuffer.allocateDirect(blockSize);
        }

        /** Its plain bytes, from the start of a buffer that the next call overwrites. */
        ByteBuffer of(EarlierImage image, EarlierFragment fragment) throws EarlierFileChangedException {
            if (fragment != current) {
                current = null;
                StoredPiece piece = fragment.piece();
                image.read(piece, stored, sha256);
                if (fragment.isCompressed()) {
                    decompress(image, fragment, piece);
                } else {
                    plain.put(0, stored, 0, piece.length());
                }
                current = fragment;
            }
            return plain;
        }

        private void decompress(EarlierImage image, EarlierFragment fragment, StoredPiece piece)
                throws EarlierFileChangedException {
            plain.clear();
            int size;
            try {
                size = decompressor.decompress(stored.slice(0, piece.length()), plain, fragment.plainLength());
            } catch (DataFormatException e) {
                throw new EarlierFileChangedException(image.file.path(), String.valueOf(e.getMessage()));
            }
            if (size != fragment.plainLength()) {
                throw new EarlierFileChangedException(image.file.path(), "a fragment block has another length");
            }
        }

        @Override
        public void close() {
            decompressor.close();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}

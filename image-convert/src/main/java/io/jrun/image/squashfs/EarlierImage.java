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
    byte[] read(StoredPiece piece, byte[] into, MessageDigest sha256) throws EarlierFileChangedException {
        try {
            file.read(piece.position(), ByteBuffer.wrap(into, 0, piece.length()));
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
        private final byte[] stored;
        private final byte[] plain;
        private final ByteBuffer from;
        private final ByteBuffer to;
        private EarlierFragment current;

        PlainFragments(Compression compression, int blockSize) {
            this.decompressor = BlockDecompressor.open(compression);
            this.stored = new byte[blockSize];
            this.plain = new byte[blockSize];
            this.from = ByteBuffer.allocateDirect(blockSize);
            this.to = ByteBuffer.allocateDirect(blockSize);
        }

        /** Its plain bytes, from the start of an array that the next call overwrites. */
        byte[] of(EarlierImage image, EarlierFragment fragment) throws EarlierFileChangedException {
            if (fragment != current) {
                current = null;
                StoredPiece piece = fragment.piece();
                image.read(piece, stored, sha256);
                if (fragment.isCompressed()) {
                    decompress(image, fragment, piece);
                } else {
                    System.arraycopy(stored, 0, plain, 0, piece.length());
                }
                current = fragment;
            }
            return plain;
        }

        private void decompress(EarlierImage image, EarlierFragment fragment, StoredPiece piece)
                throws EarlierFileChangedException {
            from.clear().put(0, stored, 0, piece.length()).limit(piece.length());
            to.clear();
            int size;
            try {
                size = decompressor.decompress(from, to, fragment.plainLength());
            } catch (DataFormatException e) {
                throw new EarlierFileChangedException(image.file.path(), String.valueOf(e.getMessage()));
            }
            if (size != fragment.plainLength()) {
                throw new EarlierFileChangedException(image.file.path(), "a fragment block has another length");
            }
            to.get(0, plain, 0, size);
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

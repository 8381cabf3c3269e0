package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A buffer on its way through the pipeline: filled by one thread, worked on by any compressing thread, then taken by
 * the thread that keeps the order. The hand-overs make each step's writes visible to the next.
 */
abstract sealed class Block {

    private static final ByteBuffer NO_BUFFER = ByteBuffer.allocate(0);

    /** Direct, of the size of a block. Position and limit mean nothing. */
    final ByteBuffer bytes;

    int length;
    private boolean done;
    private Optional<IOException> problem = Optional.empty();

    private Block(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** The part that may run on any thread, beside others, in any order; its result depends on the bytes alone. */
    abstract void work(BlockCompressor compressor, MessageDigest sha256) throws IOException;

    /** Called behind {@link #work} where digests are noted: of the bytes as they are stored. */
    void digestStored(MessageDigest sha256) {}

    /** Called by whoever works on it, before {@link #markDone}. */
    final void fail(IOException cause) {
        problem = Optional.of(cause);
    }

    /** Called behind {@link #awaitDone}. */
    final void throwProblem() throws IOException {
        if (problem.isPresent()) {
            throw problem.get();
        }
    }

    /** Whether it holds one of the buffers that are counted. */
    final boolean hasBuffer() {
        return bytes.capacity() > 0;
    }

    final synchronized void markDone() {
        done = true;
        notifyAll();
    }

    final synchronized void awaitDone() throws InterruptedException {
        while (!done) {
            wait();
        }
    }

    /** The size word of the format for a block that takes {@code storedLength} of {@code plainLength} bytes. */
    static int sizeWord(int storedLength, int plainLength) {
        return storedLength == plainLength ? storedLength | SquashfsFormat.DATA_STORED_UNCOMPRESSED : storedLength;
    }

    /** A whole block of a large file, or its last, short one. */
    static sealed class OfFile extends Block {

        final StoredContent content;
        final boolean last;
        int storedLength;
        boolean zeros;
        /** CRC-32C of the stored bytes: equal compressed blocks hold equal plain ones, and there are fewer to read. */
        int checksum;
        /** Of the stored bytes, where digests are noted and they are not zeros. */
        byte[] digest = {};

        OfFile(ByteBuffer bytes, StoredContent content, boolean last) {
            super(bytes);
            this.content = content;
            this.last = last;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) throws IOException {
            zeros = isZero(bytes, length);
            if (zeros) {
                storedLength = 0;
                return;
            }
            storedLength = compressor.compressInPlace(bytes, length);
            sum();
        }

        final void sum() {
            CRC32C crc = new CRC32C();
            crc.update(bytes.slice(0, storedLength));
            checksum = (int) crc.getValue();
        }

        @Override
        void digestStored(MessageDigest sha256) {
            if (!zeros) {
                sha256.update(bytes.slice(0, storedLength));
                digest = sha256.digest();
            }
        }

        private static boolean isZero(ByteBuffer bytes, int length) {
            // A prefix of one zero that equals what follows it one byte on: vectorised, and ends at the first bit set.
            return bytes.get(0) == 0 && bytes.slice(0, length - 1).equals(bytes.slice(1, length - 1));
        }
    }

    /** One that an earlier image file holds, compressed as it will be stored. */
    static final class OfEarlierFile extends OfFile {

        private final EarlierImage image;
        private final StoredPiece piece;

        OfEarlierFile(ByteBuffer bytes, StoredContent content, boolean last, EarlierImage image, StoredPiece piece) {
            super(bytes, content, last);
            this.image = image;
            this.piece = piece;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) throws IOException {
            zeros = piece.length() == 0;
            storedLength = piece.length();
            if (!zeros) {
                digest = image.read(piece, bytes, sha256);
                sum();
            }
        }

        @Override
        void digestStored(MessageDigest sha256) {
            // It was compared with its digest.
        }
    }

    /** One that another image file holds, compressed as it will be stored. */
    static final class OfOpenFile extends OfFile {

        private final CheckedBlocks blocks;
        private final long position;
        private final int sizeWord;

        OfOpenFile(
                ByteBuffer bytes,
                StoredContent content,
                boolean last,
                CheckedBlocks blocks,
                long position,
                int sizeWord) {
            super(bytes, content, last);
            this.blocks = blocks;
            this.position = position;
            this.sizeWord = sizeWord;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) throws IOException {
            zeros = sizeWord == 0;
            storedLength = sizeWord & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            if (!zeros) {
                blocks.read(position, sizeWord, length, bytes);
                sum();
            }
        }
    }

    /** A file shorter than a block that an earlier image file holds; there is nothing to do before it has its turn. */
    static final class SmallEarlierFile extends Block {

        final StoredContent content;
        final EarlierContent.Small earlier;

        SmallEarlierFile(StoredContent content, EarlierContent.Small earlier) {
            super(NO_BUFFER);
            this.content = content;
            this.earlier = earlier;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {}
    }

    /** Says something to the thread that keeps the order. */
    static final class Mark extends Block {

        Mark() {
            super(NO_BUFFER);
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {}
    }

    /** Several files shorter than a block, end to end, to be hashed and then packed into fragment blocks. */
    static final class SmallFiles extends Block {

        final List<StoredContent> contents = new ArrayList<>();
        final List<ContentKey> keys = new ArrayList<>();
        private final ContentHash hash;

        SmallFiles(ByteBuffer bytes, ContentHash hash) {
            super(bytes);
            this.hash = hash;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {
            int from = 0;
            for (StoredContent content : contents) {
                int size = (int) content.sizeInBytes();
                keys.add(hash.of(bytes, from, size, sha256));
                from += size;
            }
        }
    }

    /** A fragment block, full or the last of its group. */
    static sealed class Fragment extends Block {

        final WrittenFragment place;
        int storedLength;
        /** Of the stored bytes, where digests are noted. */
        byte[] digest = {};

        Fragment(ByteBuffer bytes, WrittenFragment place) {
            super(bytes);
            this.place = place;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) throws IOException {
            storedLength = compressor.compressInPlace(bytes, length);
        }

        @Override
        void digestStored(MessageDigest sha256) {
            sha256.update(bytes.slice(0, storedLength));
            digest = sha256.digest();
        }
    }

    /** A fragment block that an earlier image file holds, compressed as it will be stored. */
    static final class EarlierFragmentBlock extends Fragment {

        private final EarlierImage image;
        private final StoredPiece piece;

        EarlierFragmentBlock(ByteBuffer bytes, WrittenFragment place, EarlierImage image, EarlierFragment fragment) {
            super(bytes, place);
            this.image = image;
            this.piece = fragment.piece();
            this.length = fragment.plainLength();
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) throws IOException {
            digest = image.read(piece, bytes, sha256);
            storedLength = piece.length();
        }

        @Override
        void digestStored(MessageDigest sha256) {
            // It was compared with its digest.
        }
    }
}

package io.jrun.image.squashfs;

import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A buffer on its way through the pipeline: filled by one thread, worked on by any compressing thread, then taken by
 * the thread that keeps the order. The hand-overs make each step's writes visible to the next.
 */
abstract sealed class Block {

    final byte[] bytes;
    int length;
    private boolean done;

    private Block(byte[] bytes) {
        this.bytes = bytes;
    }

    /** The part that may run on any thread, beside others, in any order; its result depends on the bytes alone. */
    abstract void work(BlockCompressor compressor, MessageDigest sha256);

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
    static final class OfFile extends Block {

        final StoredContent content;
        final boolean last;
        int storedLength;
        boolean zeros;
        /** Of the stored bytes: equal compressed blocks hold equal plain ones, and there are fewer to hash. */
        byte[] digest = {};

        OfFile(byte[] bytes, StoredContent content, boolean last) {
            super(bytes);
            this.content = content;
            this.last = last;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {
            zeros = isZero(bytes, length);
            if (zeros) {
                storedLength = 0;
                return;
            }
            storedLength = compressor.compressInPlace(bytes, length);
            sha256.update(bytes, 0, storedLength);
            digest = sha256.digest();
        }

        private static boolean isZero(byte[] bytes, int length) {
            // A prefix of one zero that equals what follows it one byte on: vectorised, and ends at the first bit set.
            return bytes[0] == 0 && Arrays.equals(bytes, 0, length - 1, bytes, 1, length);
        }
    }

    /** Several files shorter than a block, end to end, to be hashed and then packed into fragment blocks. */
    static final class SmallFiles extends Block {

        final List<StoredContent> contents = new ArrayList<>();
        final List<ContentKey> keys = new ArrayList<>();

        SmallFiles(byte[] bytes) {
            super(bytes);
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {
            int from = 0;
            for (StoredContent content : contents) {
                int size = (int) content.sizeInBytes();
                sha256.update(bytes, from, size);
                keys.add(ContentKey.of(size, sha256.digest()));
                from += size;
            }
        }
    }

    /** A fragment block, full or the last. */
    static final class Fragment extends Block {

        final int number;
        int storedLength;

        Fragment(byte[] bytes, int number) {
            super(bytes);
            this.number = number;
        }

        @Override
        void work(BlockCompressor compressor, MessageDigest sha256) {
            storedLength = compressor.compressInPlace(bytes, length);
        }
    }
}

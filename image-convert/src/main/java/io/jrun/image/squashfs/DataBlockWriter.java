package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.DirectlyReadable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.zip.CRC32C;

/**
 * The contents of all files: one thread stores them, several compress, one writes in the order of storing. Nothing that
 * reaches the file depends on their timing.
 *
 * <p>Memory: {@code 2 x threads + 4} blocks between storing and writing (at most 64 MiB, at least {@code threads + 2}),
 * up to 32 MiB of fragment blocks (see {@link FragmentPacker}), and three blocks per compressing thread. Buffers are taken
 * only when needed and then used again: memory touched for the first time is dear.
 */
final class DataBlockWriter implements AutoCloseable {

    private static final long MAX_BYTES_IN_FLIGHT = 64L * 1024 * 1024;

    /** Tells the ordering thread that nothing more comes. */
    private static final Block END = new Block.Mark();

    private final int blockSize;
    private final CompressionPool pool;
    private final ImageOutput out;
    private final FragmentPacker fragments;

    private final BlockingQueue<ByteBuffer> spareBuffers = new LinkedBlockingQueue<>();
    private final Semaphore buffersInFlight;
    private final BlockingQueue<Block> inOrder = new LinkedBlockingQueue<>();
    private final Thread orderingThread;
    private volatile Throwable failure;

    private ContentHash hash = new PolynomialHash(new SecureRandom());
    private Block.SmallFiles smallFiles;

    /** The first content of each likeness. */
    private final Map<Likeness, StoredContent.Location> known = new HashMap<>();

    private FileInProgress file;

    DataBlockWriter(SquashfsOptions options, CompressionPool pool, ImageOutput out) {
        this.blockSize = options.blockSizeInBytes();
        this.pool = pool;
        this.out = out;
        this.fragments = new FragmentPacker(options.compression(), blockSize, pool, out);
        long wanted = Math.min(2L * options.threads() + 4, MAX_BYTES_IN_FLIGHT / blockSize);
        this.buffersInFlight = new Semaphore((int) Math.max(wanted, options.threads() + 2L));
        this.orderingThread = new Thread(this::writeInOrder, "squashfs-write");
        this.orderingThread.setDaemon(true);
        this.orderingThread.start();
    }

    /** Notes what later image files need to know of contents, to recognise and to take them over; before the first. */
    void noteDigests() {
        hash = ContentHash.SHA_256;
        pool.noteDigests();
    }

    FragmentTable fragmentTable() {
        return fragments.table();
    }

    /** Reads exactly so many bytes; blocks while too many blocks are in flight. */
    StoredContent store(InputStream data, long sizeInBytes) throws IOException {
        StoredContent content = new StoredContent(sizeInBytes);
        if (sizeInBytes == 0) {
            return content;
        }
        if (sizeInBytes < blockSize) {
            storeSmall(data, (int) sizeInBytes, content);
        } else {
            storeBlocks(data, sizeInBytes, content);
        }
        return content;
    }

    private void storeSmall(InputStream data, int size, StoredContent content) throws IOException {
        if (smallFiles != null && smallFiles.length + size > blockSize) {
            submitSmallFiles();
        }
        if (smallFiles == null) {
            smallFiles = new Block.SmallFiles(takeBuffer(), hash);
        }
        readFully(data, smallFiles.bytes, smallFiles.length, size, 0, size);
        smallFiles.length += size;
        smallFiles.contents.add(content);
    }

    private void submitSmallFiles() {
        if (smallFiles != null) {
            submit(smallFiles);
            smallFiles = null;
        }
    }

    /** See {@link io.jrun.image.tree.ContentStore#border}. */
    void border() throws IOException {
        throwFailure();
        submitSmallFiles();
        pass(new Block.Mark());
    }

    /** Stores what an earlier image file holds, as {@link #store} would store the same bytes. */
    StoredContent adopt(EarlierContent earlier) throws IOException {
        throwFailure();
        StoredContent content = new StoredContent(earlier.sizeInBytes());
        if (earlier instanceof EarlierContent.Small small) {
            submitSmallFiles();
            pass(new Block.SmallEarlierFile(content, small));
        } else if (earlier instanceof EarlierContent.Blocks blocks) {
            adoptBlocks(blocks, content);
        }
        return content;
    }

    private void adoptBlocks(EarlierContent.Blocks earlier, StoredContent content) throws IOException {
        long left = earlier.sizeInBytes();
        long position = earlier.start();
        for (int i = 0; i < earlier.count(); i++) {
            StoredPiece piece = earlier.piece(i, position);
            Block.OfFile block =
                    new Block.OfEarlierFile(takeBuffer(), content, i == earlier.count() - 1, earlier.image(), piece);
            block.length = (int) Math.min(blockSize, left);
            left -= block.length;
            position += piece.length();
            submit(block);
        }
    }

    /** Stores what another image file holds, as {@link #store} would store the same bytes. */
    StoredContent copy(OpenContent open) throws IOException {
        StoredContent content = new StoredContent(open.sizeInBytes());
        StoredContent.Location from = open.location();
        long left = open.sizeInBytes();
        long position = from.start();
        for (int i = 0; i < from.blocks(); i++) {
            boolean last = i == from.blocks() - 1;
            int word = from.sizeWord(i);
            Block.OfFile block = new Block.OfOpenFile(takeBuffer(), content, last, open.blocks(), position, word);
            block.length = (int) Math.min(blockSize, left);
            left -= block.length;
            position += word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            submit(block);
        }
        return content;
    }

    private void storeBlocks(InputStream data, long size, StoredContent content) throws IOException {
        long left = size;
        while (left > 0) {
            int length = (int) Math.min(blockSize, left);
            ByteBuffer buffer = takeBuffer();
            readFully(data, buffer, 0, length, size - left, size);
            left -= length;
            Block.OfFile block = new Block.OfFile(buffer, content, left == 0);
            block.length = length;
            submit(block);
        }
    }

    private static void readFully(InputStream data, ByteBuffer into, int offset, int length, long before, long fileSize)
            throws IOException {
        ByteBuffer room = into.slice(offset, length);
        while (room.hasRemaining()) {
            if (DirectlyReadable.read(data, room) < 0) {
                throw new CorruptDataException(Failure.of("store a file's content", "the data ends too early")
                        .comparing(fileSize + " bytes", before + room.position() + " bytes"));
            }
        }
    }

    private ByteBuffer takeBuffer() throws IOException {
        throwFailure();
        try {
            buffersInFlight.acquire();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        throwFailure();
        ByteBuffer spare = spareBuffers.poll();
        return spare == null ? ByteBuffer.allocateDirect(blockSize) : spare;
    }

    private void submit(Block block) {
        pool.submit(block);
        inOrder.add(block);
    }

    /** For blocks that nobody need work on. */
    private void pass(Block block) {
        block.markDone();
        inOrder.add(block);
    }

    /** Waits until every content has its place. Called once; the output then belongs to the caller's thread. */
    void finish() throws IOException {
        throwFailure();
        submitSmallFiles();
        inOrder.add(END);
        try {
            orderingThread.join();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        throwFailure();
    }

    private static IOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        java.io.InterruptedIOException failure = new java.io.InterruptedIOException("interrupted");
        failure.initCause(cause);
        return failure;
    }

    private void throwFailure() throws IOException {
        Throwable problem = failure;
        if (problem instanceof IOException io) {
            throw io;
        }
        if (problem != null) {
            throw new IllegalStateException("writing the image failed", problem);
        }
    }

    /** Body of the ordering thread, which alone touches the output until {@link #finish} returns. */
    private void writeInOrder() {
        try {
            while (true) {
                Block block = inOrder.take();
                if (block == END) {
                    fragments.finish();
                    return;
                }
                pool.await(block);
                write(block);
                if (block.hasBuffer()) {
                    spareBuffers.add(block.bytes);
                    buffersInFlight.release();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (Throwable problem) {
            failure = problem;
            // The storing thread may wait for a buffer: it must wake up and see the failure.
            buffersInFlight.release(inOrder.size() + 1);
        }
    }

    private void write(Block block) throws IOException, InterruptedException {
        if (block instanceof Block.SmallFiles files) {
            fragments.pack(files);
        } else if (block instanceof Block.OfFile ofFile) {
            writeBlock(ofFile);
        } else if (block instanceof Block.SmallEarlierFile earlier) {
            fragments.adopt(earlier);
        } else {
            fragments.border();
        }
    }

    private void writeBlock(Block.OfFile block) throws IOException, InterruptedException {
        if (file == null) {
            fragments.writeDue();
            file = new FileInProgress(out.position(), block.content, blockSize);
        }
        file.add(block);
        out.write(block.bytes, block.storedLength);
        if (block.last) {
            place(file);
            file = null;
        }
    }

    /** A file whose blocks are all known already gives its room back. */
    private void place(FileInProgress done) throws IOException {
        StoredContent.Location location = done.location();
        StoredContent.Location alike = known.putIfAbsent(done.likeness(), location);
        if (alike != null && isStoredAs(alike, location)) {
            out.rollBackTo(done.start);
            location = alike;
        }
        done.content.locate(location);
    }

    /** Compares the bytes themselves, since checksums can be made to agree. */
    private boolean isStoredAs(StoredContent.Location first, StoredContent.Location last) throws IOException {
        return last.hasSameSizeWords(first)
                && out.sameBytes(first.start(), last.start(), out.position() - last.start());
    }

    @Override
    public void close() {
        CompressionPool.stop(orderingThread);
        fragments.close();
    }

    /** Equal for equal contents, and hardly ever for others. */
    private record Likeness(long sizeInBytes, long checksum) {}

    /** A large file of which not all blocks are written. */
    private static final class FileInProgress {

        private final long start;
        private final StoredContent content;
        private final CRC32C checksum = new CRC32C();
        private final byte[] words = new byte[8];
        private int[] sizeWords;
        private byte[] digests = {};
        private int blocks;
        private long sparseBytes;

        private FileInProgress(long start, StoredContent content, int blockSize) {
            this.start = start;
            this.content = content;
            long count = (content.sizeInBytes() + blockSize - 1) / blockSize;
            this.sizeWords = new int[(int) Math.min(count, 1024)];
        }

        private void add(Block.OfFile block) {
            if (blocks == sizeWords.length) {
                sizeWords = Arrays.copyOf(sizeWords, Math.multiplyExact(blocks, 2));
            }
            keepDigest(block.digest);
            int sizeWord = block.zeros ? 0 : Block.sizeWord(block.storedLength, block.length);
            sizeWords[blocks++] = sizeWord;
            sparseBytes += block.zeros ? block.length : 0;
            LittleEndian.put32(words, 0, sizeWord);
            LittleEndian.put32(words, 4, block.checksum);
            checksum.update(words);
        }

        private void keepDigest(byte[] digest) {
            if (digest.length == 0) {
                return;
            }
            int at = blocks * StoredPiece.DIGEST_LENGTH;
            if (digests.length < at + digest.length) {
                digests = Arrays.copyOf(digests, Math.multiplyExact(sizeWords.length, StoredPiece.DIGEST_LENGTH));
            }
            System.arraycopy(digest, 0, digests, at, digest.length);
        }

        private Likeness likeness() {
            return new Likeness(content.sizeInBytes(), checksum.getValue());
        }

        private StoredContent.Location location() {
            return StoredContent.Location.written(
                    start,
                    Arrays.copyOf(sizeWords, blocks),
                    sparseBytes,
                    Arrays.copyOf(digests, Math.min(digests.length, blocks * StoredPiece.DIGEST_LENGTH)));
        }
    }
}

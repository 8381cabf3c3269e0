package io.jrun.image.blob;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * One gzip member whose data several threads compress in pieces of 1 MiB. Each piece knows the 32 KiB before it and ends
 * on a byte boundary, so that the pieces follow each other as one stream; where they are cut depends on nothing but the
 * content. No time and no name are in the header. Source: RFC 1952, section 2.3; RFC 1951, section 3.2.4 (empty stored blocks).
 */
final class ParallelGzip extends OutputStream {

    private static final int PIECE_SIZE = 1 << 20;

    /** As far back as deflate refers. */
    private static final int WINDOW = 32 * 1024;

    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    private enum End {
        OF_PIECE,
        OF_STREAM
    }

    private final OutputStream out;
    private final int level;
    private final int maxInFlight;
    private final ExecutorService pool;
    private final Deque<Future<byte[]>> inFlight = new ArrayDeque<>();
    private final CRC32 checksum = new CRC32();
    private byte[] window = {};
    private byte[] piece = new byte[PIECE_SIZE];
    private int length;
    private long total;
    private boolean closed;

    /** @param out is closed with this */
    ParallelGzip(OutputStream out, int level, int threads) throws IOException {
        this.out = out;
        this.level = level;
        this.maxInFlight = 2 * threads;
        out.write(HEADER);
        this.pool = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "gzip");
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        Objects.checkFromIndexSize(from, count, bytes.length);
        checksum.update(bytes, from, count);
        total += count;
        int done = 0;
        while (done < count) {
            if (length == PIECE_SIZE) {
                submit(End.OF_PIECE);
            }
            int some = Math.min(count - done, PIECE_SIZE - length);
            System.arraycopy(bytes, from + done, piece, length, some);
            length += some;
            done += some;
        }
    }

    private void submit(End end) throws IOException {
        if (inFlight.size() == maxInFlight) {
            writeOldest();
        }
        byte[] before = window;
        byte[] plain = piece;
        int plainLength = length;
        inFlight.add(pool.submit(() -> compress(before, plain, plainLength, level, end)));
        window = Arrays.copyOfRange(plain, Math.max(0, plainLength - WINDOW), plainLength);
        piece = new byte[PIECE_SIZE];
        length = 0;
    }

    private static byte[] compress(byte[] before, byte[] plain, int plainLength, int level, End end) {
        Deflater deflater = new Deflater(level, true);
        try {
            deflater.setDictionary(before);
            deflater.setInput(plain, 0, plainLength);
            if (end == End.OF_STREAM) {
                deflater.finish();
            }
            // Far above what stored blocks add: 5 bytes for each, of 16 KiB at least.
            byte[] packed = new byte[plainLength + plainLength / 64 + 1024];
            int flush = end == End.OF_STREAM ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH;
            int size = deflater.deflate(packed, 0, packed.length, flush);
            if (size == packed.length) {
                throw new IllegalStateException("deflate made " + plainLength + " bytes longer than it may");
            }
            return Arrays.copyOf(packed, size);
        } finally {
            deflater.end();
        }
    }

    private void writeOldest() throws IOException {
        try {
            out.write(inFlight.remove().get());
        } catch (ExecutionException e) {
            throw new IllegalStateException("a compressing thread failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException failure = new InterruptedIOException("interrupted");
            failure.initCause(e);
            throw failure;
        }
    }

    /** Writes nothing that is not a whole piece: what follows must not depend on it. */
    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (out) {
            submit(End.OF_STREAM);
            while (!inFlight.isEmpty()) {
                writeOldest();
            }
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt((int) checksum.getValue())
                    .putInt((int) total)
                    .array());
        } finally {
            pool.shutdownNow();
        }
    }
}

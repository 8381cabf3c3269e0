package io.jrun.image.convert;

import io.jrun.image.reference.Digest;
import io.jrun.image.tree.DirectlyReadable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A stream that threads of its own read and, where it has a digest, digest ahead of its reader, so that decompression,
 * hashing and the merge overlap. Holds {@value #CHUNKS} chunks of {@value #CHUNK_SIZE} bytes and no more, whatever its
 * length.
 *
 * <p>The digest is checked before the reader sees the end of the stream. Used by one reading thread.
 */
final class ReadAheadInputStream extends InputStream implements DirectlyReadable {

    private static final int CHUNK_SIZE = 256 << 10;
    private static final int CHUNKS = 8;

    /** Opens the source on the thread that reads it, because opening may already wait for the network. */
    interface Opener {
        InputStream open() throws IOException;
    }

    /** Judges the digest of the whole stream at its end. */
    interface DigestCheck {
        void verify(Digest digest) throws IOException;
    }

    /** A piece of the stream; a length of -1 is its end, regular or with a failure. */
    private static final class Chunk {
        private final byte[] bytes = new byte[CHUNK_SIZE];
        private int length;
        private Optional<Throwable> failure = Optional.empty();
    }

    private final BlockingQueue<Chunk> free = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> filled = new ArrayBlockingQueue<>(CHUNKS);
    /** Those that may be read: the filled ones themselves where nothing is digested. */
    private final BlockingQueue<Chunk> ready;

    private final List<Thread> threads;
    private Chunk current;
    private int position;

    private ReadAheadInputStream(String name, Opener source) {
        begin();
        ready = filled;
        threads = List.of(new Thread(() -> fill(source), "read " + name));
    }

    private ReadAheadInputStream(String name, Opener source, Digest.Hasher hasher, DigestCheck check) {
        begin();
        ready = new ArrayBlockingQueue<>(CHUNKS);
        threads = List.of(
                new Thread(() -> fill(source), "read " + name),
                new Thread(() -> digest(hasher, check), "digest " + name));
    }

    private void begin() {
        for (int i = 0; i < CHUNKS - 1; i++) {
            free.add(new Chunk());
        }
        current = new Chunk();
    }

    /** @param name of the threads, for stack traces */
    static ReadAheadInputStream start(String name, Opener source, Digest.Hasher hasher, DigestCheck check) {
        ReadAheadInputStream stream = new ReadAheadInputStream(name, source, hasher, check);
        stream.startThreads();
        return stream;
    }

    /** Without a digest. */
    static ReadAheadInputStream start(String name, Opener source) {
        ReadAheadInputStream stream = new ReadAheadInputStream(name, source);
        stream.startThreads();
        return stream;
    }

    private void startThreads() {
        for (Thread thread : threads) {
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void fill(Opener source) {
        try {
            Chunk chunk = free.take();
            try (InputStream in = source.open()) {
                do {
                    chunk.length = in.readNBytes(chunk.bytes, 0, CHUNK_SIZE);
                    if (chunk.length == 0) {
                        break;
                    }
                    filled.put(chunk);
                    chunk = free.take();
                } while (true);
            } catch (IOException | RuntimeException | Error e) {
                chunk.failure = Optional.of(e);
            }
            chunk.length = -1;
            filled.put(chunk);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void digest(Digest.Hasher hasher, DigestCheck check) {
        try {
            Chunk chunk = filled.take();
            while (chunk.length >= 0) {
                hasher.update(chunk.bytes, 0, chunk.length);
                ready.put(chunk);
                chunk = filled.take();
            }
            if (chunk.failure.isEmpty()) {
                try {
                    check.verify(hasher.finish());
                } catch (IOException | RuntimeException | Error e) {
                    chunk.failure = Optional.of(e);
                }
            }
            ready.put(chunk);
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes {@link #current} a chunk with unread bytes; false at the verified end. */
    private boolean advance() throws IOException {
        while (position >= current.length) {
            if (current.failure.isPresent()) {
                throw rethrown(current.failure.get());
            }
            if (current.length < 0) {
                return false;
            }
            try {
                // The replacement first: after an interrupt the spent chunk must not be in two hands.
                Chunk next = ready.take();
                free.add(current);
                current = next;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for data");
            }
            position = 0;
        }
        return true;
    }

    /** The exception of the other thread itself, so that its type still tells what happened. */
    private static IOException rethrown(Throwable failure) {
        if (failure instanceof IOException e) {
            return e;
        }
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        throw (Error) failure;
    }

    @Override
    public int read() throws IOException {
        return advance() ? current.bytes[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!advance()) {
            return -1;
        }
        int count = Math.min(length, current.length - position);
        System.arraycopy(current.bytes, position, buffer, offset, count);
        position += count;
        return count;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        if (!advance()) {
            return -1;
        }
        int count = Math.min(into.remaining(), current.length - position);
        into.put(current.bytes, position, count);
        position += count;
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        long left = count;
        while (left > 0 && advance()) {
            int step = (int) Math.min(left, current.length - position);
            position += step;
            left -= step;
        }
        return count - left;
    }

    @Override
    public int available() {
        return Math.max(current.length - position, 0);
    }

    /**
     * Stops its threads, and returns when the source is closed; safe before the end. The source must heed interrupts.
     */
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= awaitEnd(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return whether the caller was interrupted meanwhile */
    private static boolean awaitEnd(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }
}

package io.jrun.image.convert;

import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * A stream that two threads of its own read and digest ahead of its reader, so that decompression, hashing and the
 * merge overlap. Holds {@value #CHUNKS} chunks of {@value #CHUNK_SIZE} bytes and no more, whatever its length.
 *
 * <p>The digest is checked before the reader sees the end of the stream. Used by one reading thread.
 */
final class ReadAheadInputStream extends InputStream {

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
    private final BlockingQueue<Chunk> digested = new ArrayBlockingQueue<>(CHUNKS);
    private final Thread filler;
    private final Thread digester;
    private Chunk current;
    private int position;

    private ReadAheadInputStream(String name, Opener source, Digest.Hasher hasher, DigestCheck check) {
        for (int i = 0; i < CHUNKS - 1; i++) {
            free.add(new Chunk());
        }
        current = new Chunk();
        filler = new Thread(() -> fill(source), "read " + name);
        digester = new Thread(() -> digest(hasher, check), "digest " + name);
    }

    /** @param name of the threads, for stack traces */
    static ReadAheadInputStream start(String name, Opener source, Digest.Hasher hasher, DigestCheck check) {
        ReadAheadInputStream stream = new ReadAheadInputStream(name, source, hasher, check);
        stream.filler.setDaemon(true);
        stream.digester.setDaemon(true);
        stream.filler.start();
        stream.digester.start();
        return stream;
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
                digested.put(chunk);
                chunk = filled.take();
            }
            if (chunk.failure.isEmpty()) {
                try {
                    check.verify(hasher.finish());
                } catch (IOException | RuntimeException | Error e) {
                    chunk.failure = Optional.of(e);
                }
            }
            digested.put(chunk);
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
                Chunk next = digested.take();
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
     * Stops both threads, and returns when the source is closed; safe before the end. The source must heed interrupts.
     */
    @Override
    public void close() {
        filler.interrupt();
        digester.interrupt();
        boolean interrupted = awaitEnd(filler);
        interrupted |= awaitEnd(digester);
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

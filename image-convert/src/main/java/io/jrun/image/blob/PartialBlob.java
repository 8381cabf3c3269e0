package io.jrun.image.blob;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.image.reference.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A blob that grows. One thread appends, verifies and publishes; any number may follow, each reading what is there and waiting for
 * more. Followers see the end only when digest and size have been checked, so they need no check of their own.
 */
public final class PartialBlob implements Closeable {

    private static final int REHASH_BUFFER_SIZE = 1 << 20;

    private enum State {
        GROWING,
        VERIFIED,
        FAILED
    }

    private final BlobStore store;
    private final FileChannel channel;
    private final Path path;
    private final Digest digest;
    private final long expectedSizeInBytes;
    private final String what;
    private final Digest.Hasher hasher;
    private boolean discarded;

    private final Object lock = new Object();
    // The following five are guarded by the lock.
    private boolean published;
    private long sizeInBytes;
    private State state = State.GROWING;
    private Optional<IOException> failure = Optional.empty();
    private boolean followed;

    private PartialBlob(
            BlobStore store, FileChannel channel, Path path, Digest digest, long expectedSizeInBytes, String what) {
        this.store = store;
        this.channel = channel;
        this.path = path;
        this.digest = digest;
        this.expectedSizeInBytes = expectedSizeInBytes;
        this.what = what;
        this.hasher = Digest.hasher(digest.algorithm());
    }

    static PartialBlob open(
            BlobStore store, FileChannel channel, Path path, Digest digest, long expectedSizeInBytes, String what)
            throws IOException {
        PartialBlob blob = new PartialBlob(store, channel, path, digest, expectedSizeInBytes, what);
        if (channel.size() > expectedSizeInBytes) {
            channel.truncate(0);
        }
        blob.hashWhatIsThere();
        return blob;
    }

    private void hashWhatIsThere() throws IOException {
        long present = channel.size();
        if (present == 0) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(present, REHASH_BUFFER_SIZE));
        long hashed = 0;
        while (hashed < present) {
            buffer.clear();
            int count = channel.read(buffer, hashed);
            if (count < 0) {
                break;
            }
            hasher.update(buffer.array(), 0, count);
            hashed += count;
        }
        channel.position(hashed);
        synchronized (lock) {
            sizeInBytes = hashed;
        }
    }

    /** How much is there; where a resumed transfer continues. */
    public long sizeInBytes() {
        synchronized (lock) {
            return sizeInBytes;
        }
    }

    /** The size of the whole blob. */
    public long expectedSizeInBytes() {
        return expectedSizeInBytes;
    }

    /**
     * Adds bytes at the end and lets followers have them.
     *
     * @throws CorruptDataException when that would be more than the whole blob has
     */
    public void append(byte[] bytes, int offset, int length) throws JrunException {
        long before = sizeInBytes();
        if (before + length > expectedSizeInBytes) {
            throw mismatch("more than these bytes");
        }
        try {
            ByteBuffer source = ByteBuffer.wrap(bytes, offset, length);
            while (source.hasRemaining()) {
                channel.write(source);
            }
        } catch (IOException e) {
            throw LocalDisk.failure("write", path, e);
        }
        hasher.update(bytes, offset, length);
        synchronized (lock) {
            sizeInBytes = before + length;
            lock.notifyAll();
        }
    }

    /**
     * Starts over with nothing, if nobody has followed so far.
     *
     * @return whether it did; false when a follower may have read bytes that would then be others
     */
    public boolean restart() throws StorageException {
        synchronized (lock) {
            if (followed) {
                return false;
            }
            try {
                channel.truncate(0);
                channel.position(0);
            } catch (IOException e) {
                throw LocalDisk.failure("write", path, e);
            }
            hasher.finish();
            sizeInBytes = 0;
            return true;
        }
    }

    /**
     * Checks size and digest, and lets followers see the end. Nothing may be appended afterwards.
     *
     * @throws CorruptDataException when they differ; followers hear of that through {@link #fail}
     */
    public void verify() throws CorruptDataException {
        Digest found = hasher.finish();
        long size = sizeInBytes();
        if (size != expectedSizeInBytes || !found.equals(digest)) {
            throw mismatch(found + "  " + size + " bytes");
        }
        synchronized (lock) {
            state = State.VERIFIED;
            lock.notifyAll();
        }
    }

    /** What to throw when the bytes are known to be others than promised. */
    public CorruptDataException mismatch(String found) {
        return VerifyingInputStream.mismatch(what, expectation(), found);
    }

    /** Moves the verified blob to its place in the store, for good. */
    public void publish() throws StorageException {
        try {
            // Before the rename: after a power cut a name must never stand for blocks that were not written.
            channel.force(true);
            synchronized (lock) {
                store.publish(path, digest);
                published = true;
            }
        } catch (IOException e) {
            throw LocalDisk.failure("write", path, e);
        }
    }

    private String expectation() {
        return digest + "  " + expectedSizeInBytes + " bytes";
    }

    /** Makes followers fail with this, once they have read what is there. */
    public void fail(IOException cause) {
        synchronized (lock) {
            if (state == State.GROWING) {
                state = State.FAILED;
                failure = Optional.of(cause);
                lock.notifyAll();
            }
        }
    }

    /** Removes the file: its bytes are known to be wrong. */
    public void discard() throws StorageException {
        discarded = true;
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw LocalDisk.failure("remove", path, e);
        }
    }

    /** The blob from its first byte on, while it grows; the caller closes it. */
    public InputStream follow() throws IOException {
        synchronized (lock) {
            if (state == State.FAILED) {
                throw failure.orElseThrow();
            }
            followed = true;
            Path place = published ? store.pathOf(digest) : path;
            try {
                return new Follower(FileChannel.open(place, StandardOpenOption.READ));
            } catch (IOException e) {
                throw LocalDisk.failure("read", place, e);
            }
        }
    }

    /** Unless it was published or discarded, leaves what is there for whoever wants to resume. */
    @Override
    public void close() throws StorageException {
        try {
            channel.close();
            synchronized (lock) {
                if (!published && !discarded) {
                    store.release(path, digest);
                }
            }
        } catch (IOException e) {
            throw LocalDisk.failure("write", path, e);
        }
    }

    /** Reads through a descriptor of its own, so that closing or renaming elsewhere does not disturb it. */
    private final class Follower extends BulkInputStream {

        private final FileChannel file;
        private long position;

        Follower(FileChannel file) {
            this.file = file;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            long readable = awaitBytesAt(position) - position;
            if (readable == 0) {
                return -1;
            }
            int count;
            try {
                count = file.read(ByteBuffer.wrap(bytes, offset, (int) Math.min(length, readable)), position);
            } catch (IOException e) {
                throw LocalDisk.failure("read", path, e);
            }
            if (count < 0) {
                throw LocalDisk.failure("read", path, new IOException("another process cut the file"));
            }
            position += count;
            return count;
        }

        /** The size known when it goes beyond the position, or the position when the blob ends there. */
        private long awaitBytesAt(long from) throws IOException {
            synchronized (lock) {
                while (sizeInBytes <= from && state == State.GROWING) {
                    try {
                        lock.wait();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new InterruptedIOException("interrupted while waiting for " + what);
                    }
                }
                if (sizeInBytes <= from && state == State.FAILED) {
                    throw failure.orElseThrow();
                }
                return sizeInBytes;
            }
        }

        @Override
        public int available() {
            synchronized (lock) {
                return (int) Math.min(Integer.MAX_VALUE, sizeInBytes - position);
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}

package io.jrun.image.squashfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A file on a disk that has so much room. */
final class FullChannel extends FileChannel {

    private final long room;
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private final AtomicInteger syncs = new AtomicInteger();

    FullChannel(long room) {
        this.room = room;
    }

    /** The next time that something is to be brought to disk, as the kernel tells it. */
    FullChannel failingOnce(IOException how) {
        failure.set(how);
        return this;
    }

    int syncs() {
        return syncs.get();
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
        if (position + bytes.remaining() > room) {
            throw new IOException("No space left on device");
        }
        int count = bytes.remaining();
        bytes.position(bytes.limit());
        return count;
    }

    @Override
    public FileChannel truncate(long size) {
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        syncs.incrementAndGet();
        IOException told = failure.getAndSet(null);
        if (told != null) {
            throw told;
        }
    }

    @Override
    public int read(ByteBuffer bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] buffers, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long size() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer bytes, long position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    protected void implCloseChannel() {}
}

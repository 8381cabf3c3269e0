package io.jrun.image.directory;

import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import io.jrun.image.tree.DirectlyReadable;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A file's bytes up to the size that it had; skipping reads nothing. */
final class HostContentStream extends InputStream implements DirectlyReadable {

    private final HostDirectory host;
    private final HostContent content;
    private final int descriptor;
    private long offset;
    private boolean closed;

    /** Takes over the descriptor. */
    HostContentStream(HostDirectory host, HostContent content, int descriptor) {
        this.host = host;
        this.content = content;
        this.descriptor = descriptor;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        return read(ByteBuffer.wrap(into, from, length));
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        long left = content.sizeInBytes() - offset;
        if (left <= 0 || !into.hasRemaining()) {
            return into.hasRemaining() ? -1 : 0;
        }
        try {
            int count = host.reading().pread(descriptor, into, (int) Math.min(into.remaining(), left), offset);
            if (count == 0) {
                throw new StorageException(Failure.of("read " + content.path(), "it became shorter meanwhile")
                        .comparing(content.sizeInBytes() + " bytes", offset + " bytes")
                        .hint("convert a directory that nobody writes to"));
            }
            offset += count;
            return count;
        } catch (PosixException e) {
            throw e.during("read " + content.path());
        }
    }

    @Override
    public long skip(long count) {
        long skipped = Math.max(0, Math.min(count, content.sizeInBytes() - offset));
        offset += skipped;
        return skipped;
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            host.close(descriptor);
        }
    }
}

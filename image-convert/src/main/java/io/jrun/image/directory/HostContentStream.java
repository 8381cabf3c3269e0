package io.jrun.image.directory;

import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** A file's bytes up to the size that it had; skipping reads nothing. */
final class HostContentStream extends InputStream {

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
        Objects.checkFromIndexSize(from, length, into.length);
        long left = content.sizeInBytes() - offset;
        if (left <= 0 || length == 0) {
            return length == 0 ? 0 : -1;
        }
        try {
            int count = host.reading().pread(descriptor, into, from, (int) Math.min(length, left), offset);
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

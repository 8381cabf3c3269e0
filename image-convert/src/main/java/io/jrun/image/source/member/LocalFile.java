package io.jrun.image.source.member;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Part of a file as a stream that can seek. Has a descriptor of its own, so that whoever interrupts one reader disturbs no
 * other.
 */
public final class LocalFile extends InputStream {

    private final Path path;
    private final FileChannel channel;
    private final long end;
    private long position;

    private LocalFile(Path path, FileChannel channel, long offset, long end) {
        this.path = path;
        this.channel = channel;
        this.position = offset;
        this.end = end;
    }

    /** The whole file; the caller closes it. */
    public static LocalFile open(Path path) throws IOException {
        return open(path, 0, Long.MAX_VALUE);
    }

    /** @param end behind the last byte to read; beyond the file's own end the stream ends there */
    static LocalFile open(Path path, long offset, long end) throws IOException {
        try {
            return new LocalFile(path, FileChannel.open(path, StandardOpenOption.READ), offset, end);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    long fileSizeInBytes() throws IOException {
        return channel.size();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position >= end) {
            return -1;
        }
        try {
            ByteBuffer target = ByteBuffer.wrap(bytes, offset, (int) Math.min(length, end - position));
            int count = channel.read(target, position);
            position += Math.max(count, 0);
            return count;
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** Costs nothing, and may go beyond the end of the file. */
    @Override
    public long skip(long count) {
        long skipped = Math.min(Math.max(count, 0), end - position);
        position += skipped;
        return skipped;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Words for what the host says of a file that a user named. */
    public static JrunException failure(Path path, IOException e) {
        if (e instanceof JrunException known) {
            return known;
        }
        Failure failure = Failure.of("read " + path, FileFailure.cause(e));
        if (e instanceof NoSuchFileException) {
            return new NotFoundException(failure, e);
        }
        return e instanceof AccessDeniedException ? new DeniedException(failure, e) : new StorageException(failure, e);
    }
}

package io.jrun.image.squashfs;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The image file under construction: appends at a position that may be rolled back. Every failure names the file. */
final class ImageOutput extends OutputStream {

    private static final int COMPARED_AT_ONCE = 64 << 10;

    private final Path path;
    private final FileChannel channel;
    private final EarlySync disk;
    private long position;

    /** Takes over {@code channel}; {@code path} is its name in messages. */
    ImageOutput(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
        this.disk = new EarlySync(channel);
    }

    /** Creates the file, or empties the one that is there. */
    static ImageOutput create(Path path) throws IOException {
        try {
            return new ImageOutput(
                    path,
                    FileChannel.open(
                            path,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE));
        } catch (NoSuchFileException e) {
            throw new NotFoundException(
                    Failure.of("create " + path, "no such directory (ENOENT)").hint("create the directory first"), e);
        } catch (AccessDeniedException e) {
            throw new DeniedException(Failure.of("create " + path, "permission denied (EACCES)"), e);
        } catch (IOException e) {
            throw failed("create", path, e);
        }
    }

    private static StorageException failed(String verb, Path path, IOException cause) {
        return new StorageException(
                Failure.of(verb + " " + path, FileFailure.cause(cause))
                        .hint("choose another place with --output, or free space there"),
                cause);
    }

    long position() {
        return position;
    }

    /** The next bytes go there, over what was written behind it. */
    void rollBackTo(long earlier) {
        position = earlier;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        append(ByteBuffer.wrap(bytes, from, length));
    }

    /** The first {@code length} bytes, wherever the buffer's position is. */
    void write(ByteBuffer bytes, int length) throws IOException {
        append(bytes.slice(0, length));
    }

    private void append(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        writeAt(position, bytes);
        position += length;
        disk.written(position);
    }

    private void writeAt(long at, ByteBuffer bytes) throws IOException {
        long next = at;
        try {
            while (bytes.hasRemaining()) {
                next += channel.write(bytes, next);
            }
        } catch (IOException e) {
            throw failed("write", path, e);
        }
    }

    /** Whether two stretches that were written hold the same. */
    boolean sameBytes(long one, long other, long length) throws IOException {
        ByteBuffer some = ByteBuffer.allocate((int) Math.min(length, COMPARED_AT_ONCE));
        ByteBuffer others = ByteBuffer.allocate(some.capacity());
        for (long done = 0; done < length; done += some.limit()) {
            int count = (int) Math.min(length - done, some.capacity());
            readAt(one + done, some.clear().limit(count));
            readAt(other + done, others.clear().limit(count));
            if (!some.flip().equals(others.flip())) {
                return false;
            }
        }
        return true;
    }

    private void readAt(long at, ByteBuffer into) throws IOException {
        try {
            while (into.hasRemaining()) {
                if (channel.read(into, at + into.position()) < 0) {
                    throw new EOFException("it became shorter meanwhile");
                }
            }
        } catch (IOException e) {
            throw failed("read", path, e);
        }
    }

    /** Puts the superblock in front, pads the end, and waits until all of it is on disk. */
    void complete(Superblock superblock) throws IOException {
        long padded = Math.floorDiv(position + SquashfsFormat.PADDING - 1, (long) SquashfsFormat.PADDING)
                * SquashfsFormat.PADDING;
        // Duplicates that were rolled back may have left the file longer than it ends.
        truncate(position);
        writeAt(position, ByteBuffer.allocate(Math.toIntExact(padded - position)));
        writeAt(0, ByteBuffer.wrap(superblock.toBytes()));
        try {
            disk.finish();
        } catch (IOException e) {
            throw failed("write", path, e);
        }
    }

    private void truncate(long size) throws IOException {
        try {
            channel.truncate(size);
        } catch (IOException e) {
            throw failed("write", path, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package io.jrun.image.squashfs;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
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

    private final Path path;
    private final FileChannel channel;
    private long position;

    /** Takes over {@code channel}; {@code path} is its name in messages. */
    ImageOutput(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
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
        writeAt(position, ByteBuffer.wrap(bytes, from, length));
        position += length;
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

    /** Puts the superblock in front, pads the end, and waits until all of it is on disk. */
    void complete(Superblock superblock) throws IOException {
        long padded = Math.floorDiv(position + SquashfsFormat.PADDING - 1, (long) SquashfsFormat.PADDING)
                * SquashfsFormat.PADDING;
        // Duplicates that were rolled back may have left the file longer than it ends.
        truncate(position);
        writeAt(position, ByteBuffer.allocate(Math.toIntExact(padded - position)));
        writeAt(0, ByteBuffer.wrap(superblock.toBytes()));
        try {
            channel.force(true);
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

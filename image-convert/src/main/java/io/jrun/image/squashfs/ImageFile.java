package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An image file, or the one inside a SIF file, that is read at positions, by several threads. Nothing behind its end is
 * ever asked of the system.
 */
final class ImageFile implements Closeable {

    private final Path path;
    private final FileChannel channel;
    private final long start;
    private final long size;
    private final AtomicLong bytesRead = new AtomicLong();

    private ImageFile(Path path, FileChannel channel, SifFile.Extent extent) {
        this.path = path;
        this.channel = channel;
        this.start = extent.position();
        this.size = extent.size();
    }

    static ImageFile open(Path path) throws IOException {
        return open(path, 0);
    }

    /** An image behind something else; positions count from where it begins. */
    static ImageFile open(Path path, long first) throws IOException {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new ImageFile(path, channel, extent(path, channel, first));
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (NoSuchFileException e) {
            throw new NotFoundException(Failure.of("open " + path, "no such file (ENOENT)"), e);
        } catch (AccessDeniedException e) {
            throw new DeniedException(Failure.of("open " + path, "permission denied (EACCES)"), e);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new NotFoundException(Failure.of("open " + path, String.valueOf(e.getMessage())), e);
        }
    }

    private static SifFile.Extent extent(Path path, FileChannel channel, long first) throws IOException {
        SifFile.Extent rest = new SifFile.Extent(first, Math.max(0, channel.size() - first));
        return first > 0 ? rest : SifFile.rootOf(channel, path).orElse(rest);
    }

    long size() {
        return size;
    }

    /** Of the image in the file. */
    long start() {
        return start;
    }

    /** By all threads together. */
    long bytesRead() {
        return bytesRead.get();
    }

    Path path() {
        return path;
    }

    /** Fills {@code into} from its position to its limit. */
    void read(long position, ByteBuffer into) throws IOException {
        if (position < 0 || position > size - into.remaining()) {
            throw corrupt(position, "the file ends at " + size + ", before the " + into.remaining() + " bytes needed");
        }
        bytesRead.addAndGet(into.remaining());
        long next = position;
        while (into.hasRemaining()) {
            int read = channel.read(into, start + next);
            if (read < 0) {
                throw corrupt(next, "the file was cut while it was read");
            }
            next += read;
        }
    }

    byte[] read(long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        read(position, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** @param needed what the superblock says, as an unsigned number */
    CorruptDataException cut(long needed) {
        String why = "the image needs " + Long.toUnsignedString(needed) + " bytes, the file has " + size;
        return new CorruptDataException(
                Failure.of("read " + path, why).hint("part of it was lost on its way here: copy or fetch it again"));
    }

    CorruptDataException corrupt(long offset, String why) {
        return new CorruptDataException(Failure.of("read " + path, why + ", at offset " + offset));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

package io.jrun.image.writer.directory;

import io.jrun.image.squashfs.ContentReader;
import io.jrun.image.tree.FileNode;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A regular file that is being written, perhaps by several threads, each at its own offsets. The first opens it, the
 * last completes and closes it.
 */
final class FileInProgress implements ContentReader.Sink {

    private static final int CLOSED = -1;

    private final Posix posix;
    private final NodeMaker maker;
    private final Place place;
    private int partsLeft;
    private volatile int descriptor = CLOSED;
    private volatile boolean mayEndInHole;

    FileInProgress(Posix posix, NodeMaker maker, Place place, int parts) {
        this.posix = posix;
        this.maker = maker;
        this.place = place;
        this.partsLeft = parts;
    }

    synchronized void open(DirectoryHandles directories) throws PosixException {
        if (descriptor == CLOSED) {
            descriptor = maker.createFile(directories.of(place.parent()), place);
        }
    }

    @Override
    public void bytes(long offset, ByteBuffer bytes) throws IOException {
        try {
            posix.pwrite(descriptor, bytes, offset);
        } catch (PosixException e) {
            throw e.during("write " + place);
        }
    }

    @Override
    public void zeros(long offset, long length) {
        if (offset + length == content().content().sizeInBytes()) {
            mayEndInHole = true;
        }
    }

    private FileNode.RegularFile content() {
        return (FileNode.RegularFile) place.node();
    }

    synchronized void partDone() throws PosixException {
        partsLeft--;
        if (partsLeft > 0) {
            return;
        }
        if (mayEndInHole) {
            posix.ftruncate(descriptor, content().content().sizeInBytes());
        }
        maker.finishFile(descriptor, place);
        close();
    }

    /** After a failure, here or elsewhere. */
    synchronized void abandon() throws PosixException {
        if (descriptor != CLOSED) {
            close();
        }
    }

    /** Once only: a number that was closed may be another file's by then, even when close(2) failed. */
    private void close() throws PosixException {
        int closing = descriptor;
        descriptor = CLOSED;
        posix.close(closing);
    }
}

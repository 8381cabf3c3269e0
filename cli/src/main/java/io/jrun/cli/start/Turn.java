package io.jrun.cli.start;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process after the other, by a lock on a file. Not every file system of a cluster has locks (Lustre without {@code
 * flock}, NFS without a lock manager): there the processes of a node wait for each other by another file, and where that
 * fails as well, for nobody. So what is done in a turn must do no harm when two do it at once.
 */
final class Turn implements Closeable {

    private static final Logger log = LoggerFactory.getLogger(Turn.class);

    /** Locks a file that is open, or fails where that is not known; waits. */
    interface Locking {
        FileLock lock(FileChannel channel) throws IOException;
    }

    /** What this holds. */
    enum Kind {
        /** Nobody else, on whatever node, has his turn. */
        ALONE,
        /** Others may. */
        NOT_ALONE
    }

    private final Kind kind;
    private final List<FileChannel> open;

    private Turn(Kind kind, List<FileChannel> open) {
        this.kind = kind;
        this.open = open;
    }

    /**
     * Waits until nobody else has his turn.
     *
     * @param file is made, with its directory
     * @param nodeLocal files to lock in its place, where locks are sure to work if they can be made at all
     */
    static Turn await(Path file, List<Path> nodeLocal) throws IOException {
        return await(file, nodeLocal, FileChannel::lock);
    }

    static Turn await(Path file, List<Path> nodeLocal, Locking locking) throws IOException {
        FileChannel channel = open(file);
        try {
            locking.lock(channel);
            return new Turn(Kind.ALONE, List.of(channel));
        } catch (IOException noLocksHere) {
            channel.close();
            log.debug("cannot lock {}", file, noLocksHere);
        }
        for (Path other : nodeLocal) {
            try {
                FileChannel instead = open(other);
                try {
                    locking.lock(instead);
                    return new Turn(Kind.NOT_ALONE, List.of(instead));
                } catch (IOException noLocksThere) {
                    instead.close();
                    throw noLocksThere;
                }
            } catch (IOException unusable) {
                log.debug("cannot lock {}", other, unusable);
            }
        }
        return new Turn(Kind.NOT_ALONE, List.of());
    }

    Kind kind() {
        return kind;
    }

    private static FileChannel open(Path file) throws IOException {
        Files.createDirectories(file.resolveSibling(".").normalize());
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Closing the file gives the lock back. */
    @Override
    public void close() throws IOException {
        for (FileChannel channel : open) {
            channel.close();
        }
    }
}

package io.jrun.image.squashfs;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.util.Optional;

/**
 * Has a file brought to disk while it is still written: the kernel alone would begin so late that all of it is to be waited
 * for at the end. Used by one thread at a time.
 */
final class EarlySync {

    /** Enough that the file system's own work for each time does not count. */
    private static final long STEP_IN_BYTES = 32L << 20;

    private final FileChannel channel;
    private Thread syncing = new Thread();
    private long begun;

    /** Kept, because the kernel tells it once only. */
    private volatile Optional<IOException> failure = Optional.empty();

    EarlySync(FileChannel channel) {
        this.channel = channel;
    }

    /** To be called now and then. */
    void written(long position) {
        if (position - begun >= STEP_IN_BYTES && !syncing.isAlive()) {
            begun = position;
            syncing = new Thread(this::sync, "squashfs-sync");
            syncing.setDaemon(true);
            syncing.start();
        }
    }

    private void sync() {
        try {
            channel.force(false);
        } catch (IOException e) {
            failure = Optional.of(e);
        }
    }

    /** Waits until all of the file is on disk. */
    void finish() throws IOException {
        try {
            syncing.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the disk");
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        channel.force(true);
    }
}

package io.jrun.image.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lease that this process holds; while it beats, a thread of its own shows others that the holder lives. */
final class Lease {

    private static final Logger log = LoggerFactory.getLogger(Lease.class);

    private final Path file;
    private final int generation;
    private final AtomicReference<ProducerProgress> progress = new AtomicReference<>(ProducerProgress.STARTING);
    private final Object lock = new Object();
    // Guarded by the lock.
    private LeaseText text;
    private boolean over;

    Lease(Path file, int generation, LeaseText text) {
        this.file = file;
        this.generation = generation;
        this.text = text;
    }

    int generation() {
        return generation;
    }

    /** What the next sign of life tells. */
    void report(ProducerProgress latest) {
        progress.set(latest);
    }

    void startBeating(Duration interval) {
        Thread heart = new Thread(() -> beat(interval), "lease");
        heart.setDaemon(true);
        heart.start();
    }

    private void beat(Duration interval) {
        synchronized (lock) {
            try {
                while (!over) {
                    text = text.beating(text.beat() + 1, progress.get());
                    over = !write(text);
                    lock.wait(interval.toMillis());
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** @return false when the lease is gone: somebody has taken this process for dead */
    private boolean write(LeaseText latest) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (!isMine(channel)) {
                return false;
            }
            ByteBuffer bytes = ByteBuffer.wrap(latest.toBytes());
            while (bytes.hasRemaining()) {
                channel.write(bytes, bytes.position());
            }
            return true;
        } catch (NoSuchFileException deposed) {
            return false;
        } catch (IOException transientFault) {
            // A sign of life that does not come costs at worst a second import.
            log.debug("did not renew {}", file, transientFault);
            return true;
        }
    }

    /** When all is over, numbers begin again, so that the name may be another's by then. */
    private boolean isMine(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LeaseText.MAX_SIZE_IN_BYTES);
        int count = 0;
        while (count >= 0 && bytes.hasRemaining()) {
            count = channel.read(bytes, bytes.position());
        }
        Optional<LeaseText> found = LeaseText.parse(Arrays.copyOf(bytes.array(), bytes.position()));
        return found.isEmpty() || found.get().isSameLease(text);
    }

    private boolean isMine() {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            return isMine(channel);
        } catch (IOException gone) {
            return false;
        }
    }

    /** Gives the lease back; whoever waits may take over at once. A lease that tells of a failure stays. */
    void release() {
        // Channels do not work for an interrupted thread, which is what a dying process has.
        boolean interrupted = Thread.interrupted();
        try {
            releaseUninterrupted();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void releaseUninterrupted() {
        synchronized (lock) {
            end();
            if (text.ended() || !isMine()) {
                return;
            }
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                log.debug("left {}", file, e);
            }
        }
    }

    /** Gives the lease back and tells those who wait why; the file stays until the next producer removes it. */
    void fail(PassedFailure why) {
        synchronized (lock) {
            end();
            text = text.ended(Optional.of(why));
            if (!write(text)) {
                log.debug("{} was gone already", file);
            }
        }
    }

    private void end() {
        synchronized (lock) {
            over = true;
            lock.notifyAll();
        }
    }
}

package io.jrun.image.share;

import io.jrun.error.JrunException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Image files in one directory, each made once by whichever process comes first. What has its name is whole: it was written
 * elsewhere, synced, and linked. Even where two processes make one file after all, because one was paused and taken for
 * dead, both write the same bytes and the second link changes nothing.
 *
 * <p>Whoever may write the directory decides what its readers run.
 */
public final class SharedImages {

    private static final Logger log = LoggerFactory.getLogger(SharedImages.class);

    private static final long FIRST_POLL_MILLIS = 100;

    private final SharedFiles files;
    private final Identity self;
    private final Pace pace;
    private volatile Optional<Lease> held = Optional.empty();

    private SharedImages(SharedFiles files, Identity self, Pace pace) {
        this.files = files;
        this.self = self;
        this.pace = pace;
    }

    /** Touches nothing yet. */
    public static SharedImages in(Path directory, Identity self, Pace pace) {
        return new SharedImages(new SharedFiles(directory), self, pace);
    }

    /** The image file, if it is here: one look, no lock. */
    public Optional<Path> find(SharedKey key) {
        Path image = files.image(key);
        return Files.isRegularFile(image) ? Optional.of(image) : Optional.empty();
    }

    /** What {@link #remember} said of this request, if that is still here. */
    public Optional<Path> recall(SharedKey request) {
        try {
            Path image = files.reference(request).toRealPath();
            return Files.isRegularFile(image) ? Optional.of(image) : Optional.empty();
        } catch (IOException unknown) {
            return Optional.empty();
        }
    }

    /** Notes that this request can mean only this file, for ever. */
    public void remember(SharedKey request, Path image) {
        pointTo(files.reference(request), image);
    }

    /** Lets a name for people mean this file from now on. */
    public void name(String fileName, Path image) {
        pointTo(files.directory().resolve(fileName), image);
    }

    /** A convenience: who may only read the directory has the file all the same. */
    private void pointTo(Path link, Path image) {
        Path target = image.getFileName();
        try {
            if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
                return;
            }
            if (Files.exists(link) && !Files.isSymbolicLink(link)) {
                log.debug("{} is no link of ours", link);
                return;
            }
            Path draft = link.resolveSibling("." + UUID.randomUUID() + ".link");
            Files.createSymbolicLink(draft, target);
            try {
                Files.move(draft, link, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        } catch (IOException | UnsupportedOperationException e) {
            log.debug("did not make {}", link, e);
        }
    }

    /**
     * The image file, made by {@code producer} unless it is here or another process makes it meanwhile.
     *
     * @throws InterruptedIOException when the thread is interrupted while it waits
     */
    public Path obtain(SharedKey key, ImageProducer producer, ShareListener listener) throws IOException {
        try {
            return obtainOrFail(key, producer, listener);
        } catch (JrunException | InterruptedIOException e) {
            throw e;
        } catch (FileSystemException e) {
            throw files.failure("use", e);
        }
    }

    private Path obtainOrFail(SharedKey key, ImageProducer producer, ShareListener listener) throws IOException {
        Leases leases = new Leases(files, key, self);
        Watch watch = new Watch(self, pace);
        long pauseMillis = FIRST_POLL_MILLIS;
        while (true) {
            Optional<Path> image = find(key);
            if (image.isPresent()) {
                return image.get();
            }
            Optional<Leases.Seen> seen = leases.current();
            seen.ifPresent(lease -> watch.look(lease, System.nanoTime()));
            if (seen.isPresent() && watch.reasonToTakeOver().isEmpty()) {
                listener.waiting(seen.get().host(), seen.get().pid(), seen.get().progress());
            } else {
                if (seen.isPresent()) {
                    giveUpOrTakeOver(seen.get(), watch, listener);
                }
                Optional<Path> made = tryToProduce(key, leases, seen, producer, listener);
                if (made.isPresent()) {
                    return made.get();
                }
            }
            pauseMillis = pause(pauseMillis);
        }
    }

    private static void giveUpOrTakeOver(Leases.Seen seen, Watch watch, ShareListener listener) throws IOException {
        Optional<PassedFailure> failure = watch.passedFailure();
        if (failure.isPresent()) {
            throw failure.get().toException(seen.host());
        }
        if (watch.sawAlive()) {
            listener.producerLost(
                    seen.host(), seen.pid(), watch.reasonToTakeOver().orElse(""));
        }
    }

    /** @return the pause for the next time */
    private long pause(long millis) throws InterruptedIOException {
        try {
            // Some spread, so that many waiters do not ask a file server all at once.
            Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for another process's import");
        }
        return Math.min(millis * 3 / 2, pace.poll().toMillis());
    }

    /** Empty when another process was faster. */
    private Optional<Path> tryToProduce(
            SharedKey key,
            Leases leases,
            Optional<Leases.Seen> predecessor,
            ImageProducer producer,
            ShareListener listener)
            throws IOException {
        Optional<Lease> acquired = leases.acquire(predecessor);
        if (acquired.isEmpty()) {
            return Optional.empty();
        }
        Lease lease = acquired.get();
        held = acquired;
        try {
            // The holder before may have published and gone between two looks.
            Optional<Path> image = find(key);
            if (image.isPresent()) {
                return image;
            }
            lease.startBeating(pace.beat());
            files.sweep(key, self.owner(), lease.generation());
            listener.producing();
            return Optional.of(produce(key, producer));
        } catch (IOException failure) {
            if (find(key).isPresent()) {
                log.debug("another process made {} meanwhile", files.image(key), failure);
                return find(key);
            }
            if (leases.isDeposed(lease) && !Thread.currentThread().isInterrupted()) {
                log.debug("another process has taken over {}", files.image(key), failure);
                return Optional.empty();
            }
            if (!Thread.currentThread().isInterrupted()) {
                PassedFailure.of(failure).ifPresent(lease::fail);
            }
            throw failure;
        } finally {
            held = Optional.empty();
            lease.release();
        }
    }

    private Path produce(SharedKey key, ImageProducer producer) throws IOException {
        Path part = files.newPart(key, self.owner());
        try {
            producer.produce(part);
            publish(part, files.image(key));
            return files.image(key);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private void publish(Path part, Path image) throws IOException {
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.READ)) {
            channel.force(true);
        }
        try {
            Files.createLink(image, part);
        } catch (FileAlreadyExistsException madeByAnother) {
            log.debug("{} is there already, with the same bytes", image);
        } catch (NoSuchFileException swept) {
            throw swept;
        } catch (FileSystemException | UnsupportedOperationException noHardLinksHere) {
            Files.move(part, image, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** What waiters are told; of no effect while this process makes nothing. */
    public void report(ProducerProgress progress) {
        held.ifPresent(lease -> lease.report(progress));
    }

    /** Gives back what this process holds, from another thread: for a process that is about to die. */
    public void abandon() {
        held.ifPresent(Lease::release);
    }
}

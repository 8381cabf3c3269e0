package io.jrun.image.blob;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.error.TransferException;
import io.jrun.image.reference.Digest;
import io.jrun.posix.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs by digest in one directory, which processes of one or many machines share without locks:
 *
 * <pre>
 *   ALGORITHM/HEX                     a whole blob, put there by rename(2) when its digest had been checked
 *   ALGORITHM/HEX.OWNER.SERIAL.part   a blob that its owner is still writing, or that a killed one left behind
 *   ALGORITHM/0.OWNER.SERIAL.part     the same of a blob whose digest its owner will know at its end
 * </pre>
 *
 * Who finds a leftover claims it by renaming it to a name of his own, which only one can win, and resumes it. Whole blobs
 * are checked again whenever they are read for the first time by a process, so that a damaged cache cannot spread. Safe
 * for use by several threads.
 */
public final class BlobStore {

    /** Leftovers that nobody came back to resume. */
    private static final Duration STALE_AGE = Duration.ofDays(7);

    /** How exactly the time of the last use is known. */
    private static final Duration USE_GRAIN = Duration.ofHours(1);

    private static final Logger log = LoggerFactory.getLogger(BlobStore.class);

    private static final int COPY_BUFFER_SIZE = 1 << 18;

    private final Path directory;

    private BlobStore(Path directory) {
        this.directory = directory;
    }

    /** A store in the given directory, which is created on the first write. */
    public static BlobStore at(Path directory) {
        return new BlobStore(directory);
    }

    /** Where the blobs lie. */
    public Path directory() {
        return directory;
    }

    private Path directoryOf(Digest digest) {
        return directory.resolve(digest.algorithm().prefix());
    }

    Path pathOf(Digest digest) {
        return directoryOf(digest).resolve(digest.hex());
    }

    /** Whether a whole blob of this digest and size is here; one of another size is removed. */
    public boolean contains(Digest digest, long sizeInBytes) throws StorageException {
        Path path = pathOf(digest);
        try {
            if (Files.size(path) == sizeInBytes) {
                noteUse(path);
                return true;
            }
            Files.deleteIfExists(path);
            return false;
        } catch (NoSuchFileException absent) {
            return false;
        } catch (IOException e) {
            throw LocalDisk.failure("read", path, e);
        }
    }

    /** The time of the last use is the modification time, which costs one call an hour; who may only read does without. */
    private static void noteUse(Path path) throws IOException {
        Instant now = Instant.now();
        if (Files.getLastModifiedTime(path).toInstant().isBefore(now.minus(USE_GRAIN))) {
            try {
                Files.setLastModifiedTime(path, FileTime.from(now));
            } catch (FileSystemException readOnly) {
                log.debug("did not note the use of {}", path, readOnly);
            }
        }
    }

    /** All that lies here, in no order; what vanishes meanwhile is left out. */
    public List<StoredBlob> inventory() throws StorageException {
        List<StoredBlob> found = new ArrayList<>();
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            Path blobs = directory.resolve(algorithm.prefix());
            try (DirectoryStream<Path> files = Files.newDirectoryStream(blobs)) {
                for (Path file : files) {
                    stored(algorithm, file).ifPresent(found::add);
                }
            } catch (NoSuchFileException | NotDirectoryException nothingYet) {
                log.debug("no blobs in {}", blobs);
            } catch (DirectoryIteratorException e) {
                throw LocalDisk.failure("list", blobs, e.getCause());
            } catch (IOException e) {
                throw LocalDisk.failure("list", blobs, e);
            }
        }
        return found;
    }

    private Optional<StoredBlob> stored(Digest.Algorithm algorithm, Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        Optional<PartialName> partial = PartialName.parse(name);
        try {
            long size = Files.size(file);
            Instant lastUse = Files.getLastModifiedTime(file).toInstant();
            if (partial.isPresent()) {
                StoredBlob.State state = Leftover.of(file, partial.get()).isPresent()
                        ? StoredBlob.State.ABANDONED
                        : StoredBlob.State.GROWING;
                String digest = algorithm.prefix() + ":" + partial.get().hex();
                return Optional.of(new StoredBlob(file, digest, size, lastUse, state));
            }
            return Digest.parse(algorithm.prefix() + ":" + name)
                    .map(digest -> new StoredBlob(file, digest.toString(), size, lastUse, StoredBlob.State.WHOLE));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /**
     * Removes a blob unless somebody has used or claimed it since it was listed. Who is reading it reads on; who opens it
     * later fetches it again.
     *
     * @return whether it is gone by this
     */
    public boolean removeUnlessUsed(StoredBlob blob) throws StorageException {
        if (blob.state() == StoredBlob.State.GROWING) {
            return false;
        }
        try {
            if (!Files.getLastModifiedTime(blob.file()).toInstant().equals(blob.lastUse())) {
                return false;
            }
            return Files.deleteIfExists(blob.file());
        } catch (NoSuchFileException claimed) {
            return false;
        } catch (IOException e) {
            throw LocalDisk.failure("remove", blob.file(), e);
        }
    }

    /** How much of a blob need not be fetched: all of it, or what a writer that is gone has left. Changes nothing. */
    public long presentBytes(Digest digest, long sizeInBytes) throws StorageException {
        Path path = pathOf(digest);
        try {
            if (Files.isRegularFile(path) && Files.size(path) == sizeInBytes) {
                return sizeInBytes;
            }
            return Leftover.in(directoryOf(digest)).stream()
                    .filter(leftover -> leftover.hex().equals(digest.hex()))
                    .mapToLong(Leftover::sizeInBytes)
                    .filter(size -> size <= sizeInBytes)
                    .max()
                    .orElse(0);
        } catch (NoSuchFileException absent) {
            return 0;
        } catch (IOException e) {
            throw LocalDisk.failure("read", path, e);
        }
    }

    /**
     * The bytes of a whole blob, to be closed by the caller; empty when it is not here. The stream verifies them as
     * {@link VerifyingInputStream} does and removes a damaged blob.
     */
    public Optional<InputStream> open(Digest digest, long sizeInBytes, String what) throws StorageException {
        return openUnverified(digest, sizeInBytes)
                .map(in -> new VerifyingInputStream(in, digest, sizeInBytes, what, () -> remove(digest)));
    }

    /** The same for a blob that this process has verified already. */
    public Optional<InputStream> openUnverified(Digest digest, long sizeInBytes) throws StorageException {
        if (!contains(digest, sizeInBytes)) {
            return Optional.empty();
        }
        Path path = pathOf(digest);
        try {
            return Optional.of(Files.newInputStream(path));
        } catch (NoSuchFileException removedMeanwhile) {
            return Optional.empty();
        } catch (IOException e) {
            throw LocalDisk.failure("read", path, e);
        }
    }

    /** A small document that is here whole and unharmed; a damaged one is removed and counts as absent. */
    public Optional<byte[]> document(Digest digest, int maxSizeInBytes) throws StorageException {
        Path path = pathOf(digest);
        try {
            if (Files.size(path) > maxSizeInBytes) {
                return Optional.empty();
            }
            byte[] bytes = Files.readAllBytes(path);
            if (Digest.of(digest.algorithm(), bytes).equals(digest)) {
                return Optional.of(bytes);
            }
            remove(digest);
            return Optional.empty();
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw LocalDisk.failure("read", path, e);
        }
    }

    /** Keeps a small document whose digest the caller has computed. */
    public void putDocument(Digest digest, byte[] document) throws JrunException {
        try (PartialBlob partial = begin(digest, document.length, "document " + digest)) {
            if (partial.sizeInBytes() != 0) {
                partial.restart();
            }
            partial.append(document, 0, document.length);
            partial.verify();
            partial.publish();
        }
    }

    /**
     * Keeps a blob whose digest is not known before it has been read.
     *
     * @param in is read to its end, and not closed
     * @param what names the blob in messages ("layer 3 of solver.tar")
     * @return the digest under which it is kept from now on, always SHA-256
     */
    public Digest put(InputStream in, String what) throws IOException {
        Path blobs = directory.resolve(Digest.Algorithm.SHA256.prefix());
        Path mine = blobs.resolve(PartialName.unique(PartialName.UNKNOWN_HEX, Owner.thisProcess()));
        try {
            createPrivately(blobs);
            removeAbandonedSpools(blobs);
            try (FileChannel channel =
                    FileChannel.open(mine, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Digest digest = copy(in, channel, what);
                channel.force(true);
                publish(mine, digest);
                return digest;
            } finally {
                Files.deleteIfExists(mine);
            }
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw LocalDisk.failure("write", mine, e);
        }
    }

    /** Failures of the two sides are kept apart: the local disk's leave as they are, the stream's as {@link JrunException}. */
    private static Digest copy(InputStream in, FileChannel channel, String what) throws IOException {
        Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
        byte[] buffer = new byte[COPY_BUFFER_SIZE];
        int count = readFrom(in, buffer, what);
        while (count >= 0) {
            hasher.update(buffer, 0, count);
            ByteBuffer source = ByteBuffer.wrap(buffer, 0, count);
            while (source.hasRemaining()) {
                channel.write(source);
            }
            count = readFrom(in, buffer, what);
        }
        return hasher.finish();
    }

    private static int readFrom(InputStream in, byte[] buffer, String what) throws JrunException {
        try {
            return in.read(buffer);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new TransferException(Failure.of("read " + what, FileFailure.cause(e)), e);
        }
    }

    private static void removeAbandonedSpools(Path blobs) throws IOException {
        for (Leftover leftover : Leftover.in(blobs)) {
            if (leftover.hex().equals(PartialName.UNKNOWN_HEX)) {
                Files.deleteIfExists(leftover.path());
            }
        }
    }

    private static void createPrivately(Path blobs) throws IOException {
        Files.createDirectories(blobs, OwnerOnly.DIRECTORY);
    }

    /** Forgets a blob; no fault when it is not here. */
    public void remove(Digest digest) throws StorageException {
        try {
            Files.deleteIfExists(pathOf(digest));
        } catch (IOException e) {
            throw LocalDisk.failure("remove", pathOf(digest), e);
        }
    }

    /**
     * Starts or resumes writing a blob. What a killed process left of it is taken over and read once for its digest.
     * Leftovers that nobody resumed for a week are removed.
     *
     * @param what names the blob in messages ("layer 3 of lab/solver:2.1")
     */
    public PartialBlob begin(Digest digest, long sizeInBytes, String what) throws StorageException {
        Path mine = partialPath(digest, Owner.thisProcess());
        try {
            createPrivately(directoryOf(digest));
            claimLeftover(digest, mine);
            FileChannel channel = FileChannel.open(
                    mine, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            return PartialBlob.open(this, channel, mine, digest, sizeInBytes, what);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw LocalDisk.failure("write", mine, e);
        }
    }

    private Path partialPath(Digest digest, Owner owner) {
        return directoryOf(digest).resolve(PartialName.unique(digest.hex(), owner));
    }

    private void claimLeftover(Digest digest, Path mine) throws IOException {
        List<Leftover> candidates = new ArrayList<>();
        for (Leftover leftover : Leftover.in(directoryOf(digest))) {
            if (leftover.hex().equals(digest.hex())) {
                candidates.add(leftover);
            } else if (leftover.isUntouchedFor(STALE_AGE)) {
                Files.deleteIfExists(leftover.path());
            }
        }
        candidates.sort(Comparator.comparingLong(Leftover::sizeInBytes).reversed());
        boolean claimed = false;
        for (Leftover leftover : candidates) {
            if (claimed) {
                Files.deleteIfExists(leftover.path());
            } else {
                claimed = renameIfPresent(leftover.path(), mine);
            }
        }
    }

    private static boolean renameIfPresent(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            return true;
        } catch (NoSuchFileException claimedByAnother) {
            return false;
        }
    }

    /** Moves a finished partial blob to its final name; an equal blob that got there first is replaced. */
    void publish(Path partial, Digest digest) throws IOException {
        Files.move(partial, pathOf(digest), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Gives up a partial blob so that any process may take it over at once. */
    void release(Path partial, Digest digest) throws IOException {
        renameIfPresent(partial, partialPath(digest, Owner.NOBODY));
    }
}

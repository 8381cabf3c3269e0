package io.jrun.image.convert;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A result file that appears under its name whole or not at all: written under a temporary name beside it, then moved.
 *
 * <p>The temporary file is locked while its process lives. Whoever can lock one that he finds knows that its writer is
 * dead, on a file system shared between hosts too, and removes it: so a killed import leaves nothing for good.
 */
final class OutputFile implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(OutputFile.class);

    static final String TEMPORARY_SUFFIX = ".jrun-part";

    private final Path target;
    private final Path temporary;
    private final FileChannel lockChannel;
    private final Existing existing;

    private OutputFile(Path target, Path temporary, FileChannel lockChannel, Existing existing) {
        this.target = target;
        this.temporary = temporary;
        this.lockChannel = lockChannel;
        this.existing = existing;
    }

    /**
     * Reserves a temporary file beside {@code target}.
     *
     * @throws UsageException when {@code target} exists and is to be kept
     */
    static OutputFile open(Path target, Existing existing) throws JrunException {
        if (Files.isDirectory(target)) {
            throw new UsageException(Failure.of("write " + target, "it is a directory (EISDIR)")
                    .hint("name a file: -o " + target.resolve("image.sqsh")));
        }
        if (existing == Existing.KEEP && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw alreadyThere(target);
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new UsageException(
                    Failure.of("write " + target, "it is a device, pipe or socket, which a file would replace (EINVAL)")
                            .hint("name a file with -o"));
        }
        return reserve(target, existing);
    }

    /** Reserves a temporary file beside {@code target} that will never get its name. */
    static OutputFile reserve(Path target) throws JrunException {
        return reserve(target, Existing.KEEP);
    }

    private static OutputFile reserve(Path target, Existing existing) throws JrunException {
        Path directory =
                Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
        if (!Files.isDirectory(directory)) {
            throw new NotFoundException(
                    Failure.of("write " + target, "the directory " + directory + " does not exist (ENOENT)")
                            .hint("mkdir -p " + directory));
        }
        removeAbandoned(directory, target.getFileName() + ".");
        try {
            while (true) {
                Path temporary = directory.resolve(target.getFileName() + "." + UUID.randomUUID() + TEMPORARY_SUFFIX);
                FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                if (isReserved(temporary, channel)) {
                    return new OutputFile(target, temporary, channel, existing);
                }
                channel.close();
            }
        } catch (IOException e) {
            throw notWritable(target, e);
        }
    }

    /** Whether the file is ours for good; another process that tidies up may take it for abandoned until it is locked. */
    private static boolean isReserved(Path temporary, FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null && Files.exists(temporary, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException noLocksHere) {
            // Such a file system loses only the removal of what killed processes leave.
            return true;
        }
    }

    private static void removeAbandoned(Path directory, String prefix) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.startsWith(prefix) && name.endsWith(TEMPORARY_SUFFIX)) {
                    removeIfAbandoned(entry);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            // Only tidying: the import itself will tell when the directory cannot be used.
            log.debug("did not look for leftovers in {}", directory, unreadable);
        }
    }

    private static void removeIfAbandoned(Path entry) {
        whenAbandoned(entry, OutputFile::removeWithWorkingDirectory);
    }

    static void removeWithWorkingDirectory(Path temporary) throws IOException {
        removeWorkingDirectory(temporary);
        Files.deleteIfExists(temporary);
    }

    /** What is done to a temporary file under its lock. */
    interface Deed {
        void doTo(Path temporary) throws IOException;
    }

    /**
     * Opens nothing but regular files: in a directory of many users a pipe of such a name would block for ever.
     *
     * @return whether the file is abandoned and the deed done
     */
    static boolean whenAbandoned(Path entry, Deed deed) {
        if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(entry, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                deed.doTo(entry);
                return true;
            }
        } catch (IOException | OverlappingFileLockException notOurs) {
            log.debug("left {}", entry, notOurs);
        }
        return false;
    }

    /** What belongs to a temporary file where a directory is made. */
    static Path workingDirectory(Path temporary) {
        return temporary.resolveSibling(temporary.getFileName() + ".d");
    }

    private static void removeWorkingDirectory(Path temporary) throws IOException {
        Path working = workingDirectory(temporary);
        if (Files.isDirectory(working, LinkOption.NOFOLLOW_LINKS)) {
            new DirectoryRemover(JnrPosix.load()).remove(ByteString.of(working.toString()));
        }
    }

    /** Where to write; the file exists and is empty. */
    Path temporary() {
        return temporary;
    }

    /**
     * Gives the complete file its name. After this {@link #close} has nothing left to remove.
     *
     * <p>To be called while whoever wrote the file still has it open: closing any descriptor of a file drops this
     * process's locks on it. Source: fcntl(2), "Record locks".
     */
    void publish() throws JrunException {
        try {
            if (existing == Existing.REPLACE) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                publishNew();
            }
        } catch (FileAlreadyExistsException e) {
            throw alreadyThere(target);
        } catch (IOException e) {
            throw notWritable(target, e);
        }
        syncDirectory();
    }

    /** Only the name may be lost in a power cut, never content under it; not every file system knows the call. */
    void syncDirectory() {
        Path directory = Optional.ofNullable(temporary.getParent()).orElse(temporary);
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        } catch (IOException unsupported) {
            log.debug("did not sync {}", directory, unsupported);
        }
    }

    /** A hard link refuses a name that somebody took meanwhile; rename(2) would overwrite it. */
    private void publishNew() throws IOException {
        try {
            Files.createLink(target, temporary);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException noHardLinksHere) {
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(target.toString());
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /** Deletes the temporary file while its writer may still be writing. Best effort: a later run tries again. */
    void delete() {
        if (!temporary.toFile().delete()) {
            log.debug("left {}", temporary);
        }
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(temporary);
        lockChannel.close();
    }

    static UsageException alreadyThere(Path target) {
        return new UsageException(Failure.of("write " + target, "it already exists (EEXIST)")
                .hint("choose another name with -o, or replace it with -f"));
    }

    static JrunException notWritable(Path target, IOException e) {
        if (e instanceof AccessDeniedException) {
            return new DeniedException(
                    Failure.of("write " + target, "this user may not write there (EACCES)")
                            .hint("choose a place of your own with -o"),
                    e);
        }
        return new StorageException(
                Failure.of("write " + target, FileFailure.cause(e)).hint("choose another place with -o"), e);
    }
}

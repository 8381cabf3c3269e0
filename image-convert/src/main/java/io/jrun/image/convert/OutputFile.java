package io.jrun.image.convert;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest.Existing;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
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

    private static final String TEMPORARY_SUFFIX = ".jrun-part";

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
        Path directory =
                Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
        if (Files.isDirectory(target)) {
            throw new UsageException(Failure.of("write " + target, "it is a directory (EISDIR)")
                    .hint("name a file: -o " + target.resolve("image.sqsh")));
        }
        if (existing == Existing.KEEP && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw alreadyThere(target);
        }
        if (!Files.isDirectory(directory)) {
            throw new NotFoundException(
                    Failure.of("write " + target, "the directory " + directory + " does not exist (ENOENT)")
                            .hint("mkdir -p " + directory));
        }
        removeAbandoned(directory, target.getFileName() + ".");
        Path temporary = directory.resolve(target.getFileName() + "." + UUID.randomUUID() + TEMPORARY_SUFFIX);
        try {
            FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            try {
                // A file system without locks loses only the removal of what killed processes leave.
                channel.tryLock();
            } catch (IOException noLocksHere) {
                return new OutputFile(target, temporary, channel, existing);
            }
            return new OutputFile(target, temporary, channel, existing);
        } catch (IOException e) {
            throw notWritable(target, e);
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
        } catch (IOException unreadable) {
            // Only tidying: the import itself will tell when the directory cannot be used.
            return;
        }
    }

    private static void removeIfAbandoned(Path entry) throws IOException {
        try (FileChannel channel = FileChannel.open(entry, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                Files.deleteIfExists(entry);
            }
        } catch (OverlappingFileLockException ourOwn) {
            return;
        }
    }

    /** Where to write; the file exists and is empty. */
    Path temporary() {
        return temporary;
    }

    /** Gives the complete file its name. After this {@link #close} has nothing left to remove. */
    void publish() throws JrunException {
        try {
            if (existing == Existing.REPLACE) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                publishNew();
            }
            try (FileChannel directory = FileChannel.open(
                    Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target))) {
                directory.force(true);
            }
        } catch (FileAlreadyExistsException e) {
            throw alreadyThere(target);
        } catch (IOException e) {
            throw notWritable(target, e);
        }
    }

    /** A hard link refuses a name that somebody took meanwhile; rename(2) would overwrite it. */
    private void publishNew() throws IOException {
        try {
            Files.createLink(target, temporary);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException noHardLinksHere) {
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

    private static UsageException alreadyThere(Path target) {
        return new UsageException(Failure.of("write " + target, "it already exists (EEXIST)")
                .hint("choose another name with -o, or replace it with -f"));
    }

    private static JrunException notWritable(Path target, IOException e) {
        if (e instanceof AccessDeniedException) {
            return new DeniedException(
                    Failure.of("write " + target, "this user may not write there (EACCES)")
                            .hint("choose a place of your own with -o"),
                    e);
        }
        String reason = e instanceof FileSystemException failure && failure.getReason() != null
                ? failure.getReason()
                : String.valueOf(e.getMessage());
        return new StorageException(Failure.of("write " + target, reason).hint("choose another place with -o"), e);
    }
}

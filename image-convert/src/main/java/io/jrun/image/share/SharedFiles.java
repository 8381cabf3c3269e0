package io.jrun.image.share;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.blob.Owner;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names in a shared directory:
 *
 * <pre>
 *   KEY.sqsh                     a whole image file, for ever
 *   NAME.sqsh                    a symbolic link to the newest image file of a tag
 *   .KEY.ref                     a symbolic link from a request that can mean only one image file, to that file
 *   .KEY.lease.N                 who makes KEY.sqsh; of several the one with the highest N
 *   .KEY.OWNER.NONCE.part…       what a process writes, or a dead one has left
 * </pre>
 *
 * All in one directory, because a subdirectory made by the first user might not let the second one in.
 */
record SharedFiles(Path directory) {

    private static final Logger log = LoggerFactory.getLogger(SharedFiles.class);

    private static final Pattern LEASE = Pattern.compile("\\.([0-9a-f]{64})\\.lease\\.([0-9]{1,9})");
    private static final Pattern PART = Pattern.compile("\\.([0-9a-f]{64})\\.([^.]+)\\.[^.]+\\.part.*");

    /** What a process of another node left is judged by age alone, on the file server's clock. */
    private static final Duration ORPHAN_AGE = Duration.ofDays(1);

    Path image(SharedKey key) {
        return directory.resolve(key.fileName());
    }

    Path reference(SharedKey request) {
        return directory.resolve("." + request.hex() + ".ref");
    }

    Path lease(SharedKey key, int generation) {
        return directory.resolve("." + key.hex() + ".lease." + generation);
    }

    Path newPart(SharedKey key, Owner owner) {
        return directory.resolve("." + key.hex() + "." + owner + "." + UUID.randomUUID() + ".part");
    }

    /** Generations of the leases that lie here, in no order. */
    List<Integer> generations(SharedKey key) throws IOException {
        List<Integer> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "." + key.hex() + ".lease.*")) {
            for (Path file : files) {
                Matcher name = LEASE.matcher(nameOf(file));
                if (name.matches()) {
                    found.add(Integer.parseInt(name.group(2)));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /**
     * Removes what other processes left of this key, and of other keys what is known to be nobody's.
     *
     * @param held the lease of the caller, under which nobody else writes for this key; a producer that was only paused
     *     loses its file by this, and notices
     */
    void sweep(SharedKey key, Owner caller, int held) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, ".*")) {
            Optional<Instant> now = serverTime(lease(key, held));
            for (Path file : files) {
                if (isLeftover(file, key, caller, held, now)) {
                    remove(file);
                }
            }
        } catch (IOException | DirectoryIteratorException unreadable) {
            log.debug("did not sweep {}", directory, unreadable);
        }
    }

    /** Only tidying; files of other users may not be removable. */
    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException notOurs) {
            log.debug("left {}", file, notOurs);
        }
    }

    private boolean isLeftover(Path file, SharedKey key, Owner caller, int held, Optional<Instant> now) {
        Matcher lease = LEASE.matcher(nameOf(file));
        if (lease.matches()) {
            return lease.group(1).equals(key.hex()) ? Integer.parseInt(lease.group(2)) < held : isOld(file, now);
        }
        Matcher part = PART.matcher(nameOf(file));
        if (!part.matches()) {
            return false;
        }
        Optional<Owner> owner = Owner.parse(part.group(2));
        boolean othersOfThisKey = part.group(1).equals(key.hex()) && !owner.equals(Optional.of(caller));
        return othersOfThisKey
                || owner.filter(writer -> writer.isKnownDeadTo(caller)).isPresent()
                || isOld(file, now);
    }

    /** Of a file that is not whole yet; empty for every other. */
    static Optional<Owner> writer(Path file) {
        Matcher part = PART.matcher(nameOf(file));
        return part.matches() ? Owner.parse(part.group(2)) : Optional.empty();
    }

    private static boolean isOld(Path file, Optional<Instant> now) {
        Optional<Instant> written = serverTime(file);
        return written.isPresent()
                && now.isPresent()
                && written.get().isBefore(now.get().minus(ORPHAN_AGE));
    }

    /** Of a file just written: the server's present time. */
    private static Optional<Instant> serverTime(Path file) {
        try {
            return Optional.of(Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .lastModifiedTime()
                    .toInstant());
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    private static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }

    /** Words for what the directory refuses. */
    JrunException failure(String verb, IOException e) {
        if (e instanceof JrunException known) {
            return known;
        }
        String what = verb + " the shared directory " + directory;
        if (e instanceof NoSuchFileException && !Files.isDirectory(directory)) {
            return new NotFoundException(
                    Failure.of(what, "it does not exist (ENOENT)").hint("mkdir -p " + directory), e);
        }
        if (e instanceof AccessDeniedException) {
            return new DeniedException(
                    Failure.of(what, "this user may not write there (EACCES)")
                            .hint("choose a directory in which you may write, or ask its owner to import the image"),
                    e);
        }
        return new StorageException(
                Failure.of(what, FileFailure.cause(e)).hint("choose a directory on a file system with room"), e);
    }
}

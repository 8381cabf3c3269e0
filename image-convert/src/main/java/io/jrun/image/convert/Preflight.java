package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Compares what an import needs with what the disks have, before anything is fetched. Free space is what statvfs(3) grants
 * to this user, which some file systems answer with his quota in mind, and what {@link QuotaRoom} knows of others. Quotas
 * that a file server keeps to itself show only when they are hit.
 */
public final class Preflight {

    /** An image file comes out this much smaller than estimated, at best; only what is surely too large is refused. */
    private static final double SURE_PART_OF_ESTIMATE = 0.5;

    private static final String CACHE_HINT =
            "make room there (jrun cache prune), or point XDG_CACHE_HOME at a file system with room";

    /**
     * What a directory, which need not exist yet, has room for.
     *
     * @param directory the nearest one that exists
     */
    public record Room(Path directory, long freeInBytes) {

        public static Room in(Path wanted) throws StorageException {
            Path directory = nearestExisting(wanted);
            try {
                long free = Files.getFileStore(directory).getUsableSpace();
                return new Room(
                        directory,
                        Math.min(free, QuotaRoom.ofThisHost().in(directory).orElse(free)));
            } catch (IOException e) {
                throw new StorageException(
                        Failure.of("ask how much room there is in " + directory, FileFailure.cause(e)), e);
            }
        }

        boolean sameStoreAs(Room other) throws StorageException {
            try {
                FileStore mine = Files.getFileStore(directory);
                return mine.equals(Files.getFileStore(other.directory));
            } catch (IOException e) {
                throw new StorageException(
                        Failure.of("ask how much room there is in " + directory, FileFailure.cause(e)), e);
            }
        }
    }

    private Preflight() {}

    private static Path nearestExisting(Path wanted) {
        Path directory = wanted.toAbsolutePath();
        while (!Files.isDirectory(directory)) {
            Optional<Path> parent = Optional.ofNullable(directory.getParent());
            if (parent.isEmpty()) {
                return directory;
            }
            directory = parent.get();
        }
        return directory;
    }

    /**
     * Refuses an import that cannot fit.
     *
     * @param outputDirectory where the image file will lie
     * @param cacheDirectory where blobs are kept; empty when nothing is fetched
     */
    public static void check(Outlook outlook, Path outputDirectory, Optional<Path> cacheDirectory)
            throws StorageException {
        long output = surely(outlook);
        long download = outlook.downloadInBytes();
        Room forOutput = Room.in(outputDirectory);
        if (cacheDirectory.isPresent() && download > 0) {
            Room forCache = Room.in(cacheDirectory.get());
            if (forCache.sameStoreAs(forOutput)) {
                require(
                        forOutput,
                        output + download,
                        outlook,
                        "download and image file",
                        "make room there, or put the cache elsewhere: XDG_CACHE_HOME=/some/directory");
                return;
            }
            require(forCache, download, outlook, "the download", CACHE_HINT);
        }
        require(forOutput, output, outlook, "the image file", "make room there, or choose another place with -o");
    }

    /** No more than the layers have, since what they hold may not be compressible at all. */
    private static long surely(Outlook outlook) {
        long layers = outlook.layers().stream()
                .mapToLong(each -> each.layer().sizeInBytes())
                .sum();
        return Math.min((long) (outlook.estimatedOutputInBytes() * SURE_PART_OF_ESTIMATE), layers);
    }

    /** Refuses a download that cannot fit, whatever is made of it. */
    public static void checkDownload(Outlook outlook, Path cacheDirectory) throws StorageException {
        require(Room.in(cacheDirectory), outlook.downloadInBytes(), outlook, "the download", CACHE_HINT);
    }

    private static void require(Room room, long neededInBytes, Outlook outlook, String what, String hint)
            throws StorageException {
        if (room.freeInBytes() < neededInBytes) {
            throw new StorageException(
                    Failure.of("import into " + room.directory(), "it has too little room for " + what + " (ENOSPC)")
                            .comparing(
                                    figure(neededInBytes) + " or more: " + figure(outlook.downloadInBytes())
                                            + " to download, an image file of about "
                                            + figure(outlook.estimatedOutputInBytes()),
                                    figure(room.freeInBytes()) + " free")
                            .hint(hint));
        }
    }

    private static String figure(long sizeInBytes) {
        return String.format(Locale.ROOT, "%,d bytes", sizeInBytes);
    }
}

package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.posix.JnrInodes;
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

    /** So much of plain contents a compressor leaves of almost any tree; only what is surely too large is refused. */
    private static final double SURE_PART_OF_PLAIN = 0.1;

    /** Equal files share their blocks in an image file that is not packed. */
    private static final double SURE_PART_WITHOUT_DUPLICATES = 0.5;

    private static final String OUTPUT_HINT =
            "make room there, choose another place, or try all the same with --no-preflight";

    private static final String CACHE_HINT =
            "make room there (jrun cache prune), or point XDG_CACHE_HOME at a file system with room";

    /**
     * What a directory, which need not exist yet, has room for.
     *
     * @param directory the nearest one that exists
     * @param freeInodes {@link Long#MAX_VALUE} where nothing limits them
     */
    public record Room(Path directory, long freeInBytes, long freeInodes) {

        public static Room in(Path wanted) throws StorageException {
            Path directory = nearestExisting(wanted);
            try {
                long free = Files.getFileStore(directory).getUsableSpace();
                long inodes = JnrInodes.freeIn(directory.toString()).orElse(Long.MAX_VALUE);
                QuotaRoom.Left left = QuotaRoom.ofThisHost().in(directory);
                return new Room(
                        directory,
                        Math.min(free, left.bytes().orElse(free)),
                        Math.min(inodes, left.inodes().orElse(inodes)));
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
        long output = surely(outlook) + (long) (outlook.scratchInBytes() * SURE_PART_OF_ESTIMATE);
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

    /** What a result surely takes. */
    record Need(long bytes, long inodes) {}

    /**
     * Refuses a result that cannot fit.
     *
     * @param volume what is to be written
     * @param passesOnce whether contents come in another order than that of the tree
     */
    public static void check(Volume volume, OutputFormat format, boolean passesOnce, Path outputDirectory)
            throws StorageException {
        Need need = need(volume, format, passesOnce);
        Room room = Room.in(outputDirectory);
        if (room.freeInBytes() < need.bytes()) {
            throw new StorageException(
                    Failure.of("write into " + room.directory(), "it has too little room for the result (ENOSPC)")
                            .comparing(figure(need.bytes()) + " or more", figure(room.freeInBytes()) + " free")
                            .hint(OUTPUT_HINT));
        }
        if (room.freeInodes() < need.inodes()) {
            throw new StorageException(Failure.of(
                            "write into " + room.directory(), "it has room for too few files (ENOSPC)")
                    .comparing(count(need.inodes()) + " files", count(room.freeInodes()) + " free")
                    .hint("an image file is one file and starts as it is (jrun start FILE); or choose another place"));
        }
    }

    static Need need(Volume volume, OutputFormat format, boolean passesOnce) {
        if (format instanceof OutputFormat.Directory) {
            return new Need(volume.dataBytes(), volume.inodes());
        }
        boolean tar = !(format instanceof OutputFormat.Squashfs);
        long packed = Math.max((long) (volume.dataBytes() * SURE_PART_OF_PLAIN), (long)
                (volume.packedBytes() * SURE_PART_OF_ESTIMATE));
        long plain = tar ? volume.dataBytes() : (long) (volume.dataBytes() * SURE_PART_WITHOUT_DUPLICATES);
        boolean unpacked = format.compressionLabel().equals("none");
        return new Need((unpacked ? plain : packed) + (tar && passesOnce ? packed : 0), 1);
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

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String figure(long sizeInBytes) {
        return String.format(Locale.ROOT, "%,d bytes", sizeInBytes);
    }
}

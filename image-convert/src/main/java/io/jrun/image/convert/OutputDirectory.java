package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.Posix.RenameMode;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A result directory that appears under its name whole or not at all: made in a working directory beside it, then moved by
 * one rename(2). The working directory belongs to a locked file of {@link OutputFile}'s kind: who finds both without
 * the lock knows that their maker is dead, and removes them.
 */
final class OutputDirectory implements AutoCloseable {

    private static final String TREE = "tree";

    private final Posix posix;
    private final Path target;
    private final OutputFile reservation;
    private final Path working;

    private OutputDirectory(Posix posix, Path target, OutputFile reservation, Path working) {
        this.posix = posix;
        this.target = target;
        this.reservation = reservation;
        this.working = working;
    }

    /**
     * Reserves a working directory beside {@code target}.
     *
     * @param ownMark a file that is in every directory of this kind: with {@link Existing#REPLACE} only such a directory or
     *     an empty one is replaced, never one that somebody named by mistake
     */
    static OutputDirectory open(Posix posix, Path target, Existing existing, String ownMark) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            if (existing == Existing.KEEP) {
                throw OutputFile.alreadyThere(target);
            }
            if (!mayBeReplaced(target, ownMark)) {
                throw new UsageException(Failure.of("replace " + target, "it is no directory that jrun made (EEXIST)")
                        .hint("remove it yourself, or choose another name with -o"));
            }
        }
        OutputFile reservation = OutputFile.reserve(target);
        Path working = OutputFile.workingDirectory(reservation.temporary());
        try {
            Files.createDirectory(working);
        } catch (IOException e) {
            reservation.close();
            throw OutputFile.notWritable(target, e);
        }
        return new OutputDirectory(posix, target, reservation, working);
    }

    private static boolean mayBeReplaced(Path target, String ownMark) throws IOException {
        if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(target)) {
            return Files.exists(target.resolve(ownMark)) || entries.findAny().isEmpty();
        }
    }

    /** Where to make the directory; it does not exist, what lies beside it is removed in the end. */
    Path tree() {
        return working.resolve(TREE);
    }

    /** Gives the complete directory its name, in one step. */
    void publish() throws IOException {
        byte[] from = bytes(tree());
        byte[] to = bytes(target);
        try {
            // Who holds the name keeps it until the exchange; then it is what close() removes.
            boolean replace = Files.exists(target, LinkOption.NOFOLLOW_LINKS);
            posix.renameat2(
                    Posix.WORKING_DIRECTORY,
                    from,
                    Posix.WORKING_DIRECTORY,
                    to,
                    replace ? RenameMode.EXCHANGE : RenameMode.NO_REPLACE);
        } catch (PosixException e) {
            if (e.is(Errno.EEXIST)) {
                throw OutputFile.alreadyThere(target);
            }
            if (!e.is(Errno.EINVAL) && !e.is(Errno.ENOSYS)) {
                throw e.during("write " + target);
            }
            publishInTwoSteps(from, to);
        }
        reservation.syncDirectory();
    }

    /** For file systems that know only the plain rename(2), which takes the place of nothing but an empty directory. */
    private void publishInTwoSteps(byte[] from, byte[] to) throws JrunException {
        try {
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                rename(to, bytes(working.resolve("replaced")));
            }
            rename(from, to);
        } catch (PosixException e) {
            throw e.during("write " + target);
        }
    }

    private void rename(byte[] from, byte[] to) throws PosixException {
        posix.renameat2(Posix.WORKING_DIRECTORY, from, Posix.WORKING_DIRECTORY, to, RenameMode.REPLACE);
    }

    private static byte[] bytes(Path path) {
        return ByteString.of(path.toString()).toBytes();
    }

    @Override
    public void close() throws IOException {
        try {
            new DirectoryRemover(posix).remove(ByteString.of(working.toString()));
        } finally {
            reservation.close();
        }
    }
}

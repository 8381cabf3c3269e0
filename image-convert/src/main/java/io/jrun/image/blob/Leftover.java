package io.jrun.image.blob;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A blob that was being written by somebody who is gone. */
record Leftover(Path path, String hex, long sizeInBytes, Instant lastWrite) {

    /**
     * A partial blob of another machine that nobody has written to for so long has lost its writer: a live one gives up
     * after minutes without data. Generous, because clocks of file servers differ.
     */
    private static final Duration ORPHAN_AGE = Duration.ofHours(2);

    /** All in one directory, in no order. */
    static List<Leftover> in(Path directory) throws IOException {
        List<Leftover> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + PartialName.SUFFIX)) {
            for (Path path : files) {
                Optional<PartialName> name =
                        PartialName.parse(directory.relativize(path).toString());
                if (name.isPresent()) {
                    of(path, name.get()).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    /** Empty while somebody may still be writing it, and when it has gone. */
    static Optional<Leftover> of(Path path, PartialName name) throws IOException {
        try {
            Leftover leftover = new Leftover(
                    path,
                    name.hex(),
                    Files.size(path),
                    Files.getLastModifiedTime(path).toInstant());
            boolean dead = Owner.parse(name.owner()).map(Owner::isKnownDead).orElse(false)
                    || leftover.isUntouchedFor(ORPHAN_AGE);
            return dead ? Optional.of(leftover) : Optional.empty();
        } catch (NoSuchFileException claimedByAnother) {
            return Optional.empty();
        }
    }

    boolean isUntouchedFor(Duration age) {
        return lastWrite.isBefore(Instant.now().minus(age));
    }
}

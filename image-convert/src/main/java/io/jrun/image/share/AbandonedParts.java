package io.jrun.image.share;

import io.jrun.image.blob.Owner;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What dead processes of this node have begun in a shared directory; of other nodes' the next producer there decides. */
public final class AbandonedParts {

    private AbandonedParts() {}

    /** Their files in {@code directory}, in no order; empty when there is no such directory. */
    public static List<Path> in(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, ".*.part*")) {
            for (Path entry : entries) {
                if (isAbandoned(entry)) {
                    found.add(entry);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException nothingThere) {
            return found;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return found;
    }

    /** @return false when it is in use or gone */
    public static boolean remove(Path part) throws IOException {
        return isAbandoned(part) && Files.deleteIfExists(part);
    }

    private static boolean isAbandoned(Path file) {
        return SharedFiles.writer(file).filter(Owner::isKnownDead).isPresent();
    }
}

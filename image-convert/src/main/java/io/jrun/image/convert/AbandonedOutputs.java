package io.jrun.image.convert;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Results that killed imports and exports have begun. A live one holds a lock on its temporary file, on whatever host it
 * runs, so that nothing in use is ever taken for abandoned.
 */
public final class AbandonedOutputs {

    private AbandonedOutputs() {}

    /** Their temporary files in {@code directory}, in no order; empty when there is no such directory. */
    public static List<Path> in(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + OutputFile.TEMPORARY_SUFFIX)) {
            for (Path entry : entries) {
                if (OutputFile.whenAbandoned(entry, temporary -> {})) {
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

    /**
     * Removes a temporary file and what belongs to it.
     *
     * @return false when it is in use, gone or not removable
     */
    public static boolean remove(Path temporary) {
        return OutputFile.whenAbandoned(temporary, OutputFile::removeWithWorkingDirectory);
    }
}

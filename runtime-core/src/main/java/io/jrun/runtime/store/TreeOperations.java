package io.jrun.runtime.store;

import java.io.IOException;
import java.nio.file.Path;

/** What the store needs of the file system beyond the JDK, whose paths cannot name every file of an image. */
public interface TreeOperations {

    /** Deletes a directory and all below it, whatever the names and permissions; does not follow symbolic links. */
    void removeTree(Path directory) throws IOException;

    /**
     * Swaps two directories in one step.
     *
     * @return false where this file system or kernel cannot
     *     <p>Source: rename(2), RENAME_EXCHANGE.
     */
    boolean exchange(Path one, Path other) throws IOException;
}

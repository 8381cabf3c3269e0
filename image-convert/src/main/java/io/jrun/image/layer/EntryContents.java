package io.jrun.image.layer;

import io.jrun.image.tree.FileContent;
import java.io.IOException;

/** Hands contents of one layer to the store. */
interface EntryContents {

    /**
     * Stores that of the regular file at hand.
     *
     * @param path of the entry
     * @param fileNumber of the entry among the regular files of its layer, from 0
     */
    FileContent store(TarEntry entry, LexicalPath path, int fileNumber) throws IOException;
}

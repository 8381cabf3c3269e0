package io.jrun.image.writer;

import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import java.io.IOException;

/**
 * Writes one root filesystem: contents first, in any order, then the tree that names them. Used by one thread. Closing
 * before {@link #finish} abandons the output and frees everything; the caller deletes what lies at the temporary path.
 */
public interface RootfsWriter extends ContentStore, AutoCloseable {

    /** Writes everything that is left; the result is complete and on disk when this returns. Called once. */
    void finish(FileTree tree) throws IOException;

    @Override
    void close() throws IOException;
}

package io.jrun.image.tree;

import java.io.IOException;
import java.io.InputStream;

/** Takes the content of regular files in the order in which a source brings them, before the tree is known. */
public interface ContentStore {

    /**
     * Reads exactly {@code sizeInBytes} bytes and keeps them. Does not close {@code data}.
     *
     * @throws io.jrun.error.CorruptDataException when the stream ends early
     */
    FileContent store(InputStream data, long sizeInBytes) throws IOException;
}

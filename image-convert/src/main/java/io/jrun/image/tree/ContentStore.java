package io.jrun.image.tree;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Takes the content of regular files in the order in which a source brings them, before the tree is known. */
public interface ContentStore {

    /**
     * Reads exactly {@code sizeInBytes} bytes and keeps them. Does not close {@code data}.
     *
     * @throws io.jrun.error.CorruptDataException when the stream ends early
     */
    FileContent store(InputStream data, long sizeInBytes) throws IOException;

    /**
     * What comes next is not packed together with what came before, so that a stretch of contents is stored in the same
     * way whatever surrounds it.
     */
    default void border() throws IOException {}

    /**
     * For stores that can take over what they stored before, in another file. To be asked for before anything is stored:
     * what a later file needs is noted from then on, and otherwise not at all.
     */
    default Optional<ContentReuse> reuse() {
        return Optional.empty();
    }
}

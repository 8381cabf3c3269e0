package io.jrun.image.tree;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a store takes over contents that it stored before, in another file. What comes of it is byte for byte what
 * {@link ContentStore#store} of the same contents would have made.
 */
public interface ContentReuse {

    /** All that decides how a content is stored; only a description made under an equal text is of use. */
    String dialect();

    /**
     * Writes where contents lie and how to recognise them; to be called when the store has finished.
     *
     * @param contents what this store returned, or empty where a content is not stored
     */
    void describe(List<Optional<FileContent>> contents, DataOutput to) throws IOException;

    /**
     * Reads such a description. Nothing of {@code file} is trusted: what is not as described shows when it is read.
     *
     * @return as many as were described; nothing at all where the file cannot be opened
     * @throws io.jrun.error.CorruptDataException when the description is malformed
     */
    Optional<List<Optional<KnownContent>>> open(Path file, DataInput description) throws IOException;

    /**
     * A content of another file that is open, where this store would keep it in the same way.
     *
     * @param content of any file
     * @param codec what packed it, as that file says
     * @param level of that codec
     */
    Optional<KnownContent> ofOpenFile(FileContent content, String codec, long level);

    /**
     * As {@link ContentStore#store}.
     *
     * @throws EarlierFileChangedException here or in any later call of the store, when the file it lies in has changed
     */
    FileContent adopt(KnownContent content) throws IOException;
}

package io.jrun.image.writer.directory;

import io.jrun.image.squashfs.ContentReader;
import java.io.IOException;

/** A piece of work that needs nothing of the others. */
interface ExtractionTask {

    /** Both arguments belong to the thread. */
    void run(DirectoryHandles directories, ContentReader reader) throws IOException;
}

package io.jrun.image.blob;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.file.Path;

/** Words for what the local disk refuses. */
final class LocalDisk {

    private LocalDisk() {}

    static StorageException failure(String verb, Path path, IOException e) {
        return new StorageException(
                Failure.of(verb + " " + path, FileFailure.cause(e))
                        .hint(
                                "free space there, or point XDG_CACHE_HOME at a file system with room that you may write"),
                e);
    }
}

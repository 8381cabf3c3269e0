package io.jrun.image.blob;

import io.jrun.error.Failure;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Optional;

/** Words for what the local disk refuses. */
final class LocalDisk {

    private LocalDisk() {}

    static StorageException failure(String verb, Path path, IOException e) {
        String reason = e instanceof AccessDeniedException
                ? "permission denied"
                : e instanceof FileSystemException fs && fs.getReason() != null
                        ? fs.getReason()
                        : Optional.ofNullable(e.getMessage())
                                .orElse(e.getClass().getSimpleName());
        return new StorageException(
                Failure.of(verb + " " + path, reason)
                        .hint(
                                "free space there, or point XDG_CACHE_HOME at a file system with room that you may write"),
                e);
    }
}

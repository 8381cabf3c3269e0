package io.jrun.error;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Words for what the JDK's file operations throw. They tell the error of the kernel by a type, or by strerror(3)'s text
 * and nothing else; in a language other than English that text is passed on as it is.
 */
public final class FileFailure {

    private static final Map<String, String> CAUSES = Map.of(
            "No space left on device", "no space left (ENOSPC)",
            "Disk quota exceeded", "the disk quota is used up (EDQUOT)",
            "Read-only file system", "the file system is read-only (EROFS)",
            "Permission denied", "permission denied (EACCES)",
            "Operation not permitted", "operation not permitted (EPERM)",
            "Input/output error", "the device or file system failed (EIO)",
            "File too large", "the file would be too large (EFBIG)",
            "Too many open files", "too many open files in this process (EMFILE)",
            "File name too long", "the name is too long (ENAMETOOLONG)",
            "Is a directory", "is a directory (EISDIR)");

    private FileFailure() {}

    /** The second part of a message: lower case, with the errno's symbol where it is known. */
    public static String cause(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied (EACCES)";
        } else if (e instanceof NoSuchFileException) {
            return "no such file or directory (ENOENT)";
        } else if (e instanceof FileAlreadyExistsException) {
            return "exists already (EEXIST)";
        } else if (e instanceof NotDirectoryException) {
            return "not a directory (ENOTDIR)";
        } else if (e instanceof DirectoryNotEmptyException) {
            return "the directory is not empty (ENOTEMPTY)";
        } else if (e instanceof ClosedByInterruptException) {
            return "interrupted (EINTR)";
        }
        return Optional.ofNullable(e instanceof FileSystemException failed ? failed.getReason() : e.getMessage())
                .filter(words -> !words.isBlank())
                .map(words -> CAUSES.getOrDefault(words, lowerFirst(words)))
                .orElse(e.getClass().getSimpleName());
    }

    private static String lowerFirst(String text) {
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }
}

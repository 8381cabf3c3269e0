package io.jrun.runtime.host;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.posix.ByteString;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The real file system, through the JDK alone: native calls of our own would cost more than all the rest of a start. */
public final class KernelFiles implements HostFiles {

    /** Numbers of the attribute view that the JDK's Linux provider has beside the documented ones. */
    private static final String ATTRIBUTES = "unix:mode,ino,dev,size,lastModifiedTime";

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_SYMLINK = 0120000;

    @Override
    public FileStatus lstat(ByteString path) {
        return status(path, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public FileStatus stat(ByteString path) {
        return status(path);
    }

    private static FileStatus status(ByteString path, LinkOption... options) {
        Optional<Path> named = HostPaths.toPath(path);
        if (named.isEmpty()) {
            return FileStatus.absent(FileKind.UNKNOWN);
        }
        try {
            return toStatus(Files.readAttributes(named.get(), ATTRIBUTES, options));
        } catch (NoSuchFileException missing) {
            return FileStatus.absent(FileKind.MISSING);
        } catch (AccessDeniedException denied) {
            return FileStatus.absent(FileKind.DENIED);
        } catch (IOException reportedByTheKernelOnUse) {
            return FileStatus.absent(FileKind.UNKNOWN);
        }
    }

    private static FileStatus toStatus(Map<String, Object> attributes) {
        int mode = (Integer) attributes.get("mode");
        Instant mtime = ((FileTime) attributes.get("lastModifiedTime")).toInstant();
        return new FileStatus(
                kind(mode),
                (Long) attributes.get("dev"),
                (Long) attributes.get("ino"),
                (Long) attributes.get("size"),
                mtime.getEpochSecond(),
                mtime.getNano(),
                mode);
    }

    private static FileKind kind(int mode) {
        return switch (mode & TYPE_MASK) {
            case TYPE_DIRECTORY -> FileKind.DIRECTORY;
            case TYPE_REGULAR -> FileKind.REGULAR;
            case TYPE_SYMLINK -> FileKind.SYMLINK;
            default -> FileKind.SPECIAL;
        };
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        Optional<Path> named = HostPaths.toPath(path);
        if (named.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(HostPaths.fromPath(Files.readSymbolicLink(named.get())));
        } catch (IOException noLinkOrUnreadable) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        FileKind kind = stat(path).kind();
        if (kind == FileKind.MISSING) {
            return Optional.empty();
        }
        if (kind == FileKind.DENIED || kind == FileKind.UNKNOWN) {
            throw new DeniedException(Failure.of("read " + path, "it cannot be reached by this user (EACCES)"));
        }
        try (InputStream in = new FileInputStream(path.toString())) {
            byte[] content = in.readNBytes(maxBytes + 1);
            if (content.length > maxBytes) {
                throw new StorageException(
                        Failure.of("read " + path, "it is larger than expected").comparing(maxBytes, "more"));
            }
            return Optional.of(content);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new DeniedException(Failure.of("read " + path, String.valueOf(e.getMessage())), e);
        }
    }

    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        List<ByteString> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of(path.toString()))) {
            for (Path entry : entries) {
                String text = entry.toString();
                names.add(ByteString.of(text.substring(text.lastIndexOf('/') + 1)));
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new DeniedException(Failure.of("list the directory " + path, String.valueOf(e.getMessage())), e);
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        Optional<Path> named = HostPaths.toPath(path);
        try {
            return named.isPresent()
                    ? Optional.of(Files.getFileStore(named.get()).type())
                    : Optional.empty();
        } catch (IOException notInTheMountTable) {
            return Optional.empty();
        }
    }
}

package io.jrun.runtime.host;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Optional;

/** Reads the host's file system; never writes. */
public interface HostFiles {

    /** lstat(2). */
    FileStatus lstat(ByteString path);

    /** stat(2), following symbolic links. */
    FileStatus stat(ByteString path);

    /** The text of a symbolic link; empty when it is none or cannot be read. */
    Optional<ByteString> readLink(ByteString path);

    /**
     * The whole content.
     *
     * @return empty when nothing is there
     * @throws JrunException when it cannot be read or is larger than {@code maxBytes}
     */
    Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException;

    /**
     * The names in a directory, in ascending byte order, without "." and "..".
     *
     * @throws JrunException when it cannot be read
     */
    List<ByteString> list(ByteString path) throws JrunException;

    /** The type of the file system that holds a path, as mount(8) calls it; empty when the mount table does not tell. */
    Optional<String> fileSystemType(ByteString path);
}

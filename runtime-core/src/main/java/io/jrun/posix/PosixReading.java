package io.jrun.posix;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The system calls that read a tree of the host, beside {@link Posix}; the same rules hold. */
public interface PosixReading {

    /** AT_SYMLINK_NOFOLLOW: of the link itself. */
    FileStatus statx(int directory, byte[] name) throws PosixException;

    FileStatus fstat(int descriptor) throws PosixException;

    byte[] readlinkat(int directory, byte[] name) throws PosixException;

    /**
     * Reads up to {@code length} bytes to the buffer's position, which moves behind them. Cheaper for direct buffers.
     *
     * @return how many; 0 at the end of the file
     */
    int pread(int descriptor, ByteBuffer into, int length, long offset) throws PosixException;

    /**
     * The next offset with data at or after {@code offset}; empty when only a hole follows. File systems that do not know
     * their holes answer {@code offset}. Source: lseek(2), SEEK_DATA.
     */
    Optional<Long> nextData(int descriptor, long offset) throws PosixException;

    /** The next hole; the end of the file is one. Source: lseek(2), SEEK_HOLE. */
    long nextHole(int descriptor, long offset) throws PosixException;

    /** Names of all extended attributes; none where the file system has none. Does not follow a symbolic link. */
    List<ByteString> llistxattr(byte[] path) throws PosixException;

    /** Empty when it has gone meanwhile. Does not follow a symbolic link. */
    Optional<byte[]> lgetxattr(byte[] path, ByteString name) throws PosixException;
}

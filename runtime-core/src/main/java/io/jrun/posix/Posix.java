package io.jrun.posix;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The system calls that the JVM's own library cannot make, or not with names that are bytes. Methods are called as the
 * man pages call them; names contain no 0x00 and are relative to an open directory; each call that fails throws
 * {@link PosixException}. Every method may be called from any thread. EINTR is never seen.
 */
public interface Posix {

    /** AT_FDCWD: names are relative to the working directory. */
    int WORKING_DIRECTORY = -100;

    /** S_IFIFO and its kin, for {@link #mknodat}. Source: inode(7). */
    int FIFO = 0010000;

    int CHARACTER_DEVICE = 0020000;
    int BLOCK_DEVICE = 0060000;
    int SOCKET = 0140000;

    /** How a file is opened; all with O_CLOEXEC, and none follows a symbolic link in the last component. */
    enum OpenMode {
        /** O_RDONLY | O_DIRECTORY: can be listed. */
        DIRECTORY,
        /** O_PATH | O_DIRECTORY: needs no permission on the directory itself; good for names relative to it. */
        DIRECTORY_PATH,
        /** O_RDONLY. */
        READ,
        /** O_WRONLY. */
        WRITE,
        /** O_WRONLY | O_CREAT | O_EXCL: fails with EEXIST. */
        CREATE_NEW
    }

    enum UnlinkMode {
        FILE,
        /** AT_REMOVEDIR: an empty directory. */
        DIRECTORY
    }

    enum RenameMode {
        REPLACE,
        /** RENAME_NOREPLACE: fails with EEXIST. */
        NO_REPLACE,
        /** RENAME_EXCHANGE: swaps two names that both exist. */
        EXCHANGE
    }

    /**
     * Returns a descriptor, which the caller closes.
     *
     * @param permissions of a new file, from which the umask takes bits away
     */
    int openat(int directory, byte[] name, OpenMode how, int permissions) throws PosixException;

    void close(int descriptor) throws PosixException;

    /** Writes all bytes from position to limit, and leaves the position at the limit. */
    void write(int descriptor, ByteBuffer bytes) throws PosixException;

    /** As {@link #write}, at an offset of the file. */
    void pwrite(int descriptor, ByteBuffer bytes, long offset) throws PosixException;

    void ftruncate(int descriptor, long sizeInBytes) throws PosixException;

    void fsync(int descriptor) throws PosixException;

    void mkdirat(int directory, byte[] name, int permissions) throws PosixException;

    /** @param mode one of the kinds above, and permissions */
    void mknodat(int directory, byte[] name, int mode, int major, int minor) throws PosixException;

    void symlinkat(byte[] target, int directory, byte[] name) throws PosixException;

    /** Never follows a symbolic link: the link itself gets another name. */
    void linkat(int fromDirectory, byte[] from, int toDirectory, byte[] to) throws PosixException;

    void unlinkat(int directory, byte[] name, UnlinkMode mode) throws PosixException;

    void renameat2(int fromDirectory, byte[] from, int toDirectory, byte[] to, RenameMode mode) throws PosixException;

    void fchmod(int descriptor, int permissions) throws PosixException;

    /** Follows a symbolic link, as Linux knows no other way: only for names that are known to be none. */
    void fchmodat(int directory, byte[] name, int permissions) throws PosixException;

    void fchown(int descriptor, long uid, long gid) throws PosixException;

    /** AT_SYMLINK_NOFOLLOW. */
    void fchownat(int directory, byte[] name, long uid, long gid) throws PosixException;

    /** Sets both time stamps. */
    void futimens(int descriptor, long seconds, int nanos) throws PosixException;

    /** AT_SYMLINK_NOFOLLOW; sets both time stamps. */
    void utimensat(int directory, byte[] name, long seconds, int nanos) throws PosixException;

    void fsetxattr(int descriptor, byte[] name, byte[] value) throws PosixException;

    /** Never follows a symbolic link. There is no variant relative to a directory: use /proc/self/fd. */
    void lsetxattr(byte[] path, byte[] name, byte[] value) throws PosixException;

    /** The next names of an open directory; empty at its end. */
    List<DirectoryEntry> getdents(int directory) throws PosixException;

    int geteuid();

    /** Returns the mask that held before. It belongs to the whole process. */
    int umask(int mask);
}

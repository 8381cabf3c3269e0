package io.jrun.runtime.plan;

import java.util.List;

/**
 * Numbers and plain words of the errnos that starting a container can meet; the same on both machines.
 *
 * <p>Source: errno(3).
 */
final class Errno {

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENOEXEC = 8;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ETXTBSY = 26;
    static final int ENOSPC = 28;
    static final int EROFS = 30;
    static final int ERANGE = 34;
    static final int EPIPE = 32;
    static final int ENAMETOOLONG = 36;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;
    static final int EUSERS = 87;
    static final int ECONNABORTED = 103;
    static final int ENOTCONN = 107;
    static final int ETIMEDOUT = 110;
    static final int ECONNREFUSED = 111;
    static final int ESTALE = 116;

    /** What every fault falls back on. */
    static final List<Fault.Row.Fail> WORDS = List.of(
            words(EPERM, "the kernel does not permit it"),
            words(ENOENT, "no such file or directory"),
            words(EIO, "the storage below reports an error"),
            words(ENOMEM, "out of memory"),
            words(EACCES, "permission denied"),
            words(EBUSY, "it is in use"),
            words(ENODEV, "this kernel does not have the file system"),
            words(ENOTDIR, "a part of the path is not a directory"),
            words(EINVAL, "the kernel does not accept the request"),
            words(EMFILE, "too many open files"),
            words(ENOSPC, "a limit of the kernel is reached"),
            words(EROFS, "the file system is read-only"),
            words(ENAMETOOLONG, "a name is too long"),
            words(ENOSYS, "this kernel does not have the system call"),
            words(ELOOP, "too many symbolic links, or one that leads out of the container"),
            words(ENOTCONN, "the file system's server is gone"),
            words(ETIMEDOUT, "the file system's server does not answer"),
            words(ESTALE, "the file was removed on the file system's server"));

    private Errno() {}

    private static Fault.Row.Fail words(int errno, String cause) {
        return new Fault.Row.Fail(errno, Fault.OWN_FAILURE, cause, "");
    }
}

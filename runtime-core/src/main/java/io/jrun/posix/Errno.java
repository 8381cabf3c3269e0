package io.jrun.posix;

/**
 * Errors of system calls by their symbol, with Linux's number on x86_64 and aarch64 and our words for it. Source:
 * errno(3), asm-generic/errno.h.
 */
public enum Errno {
    EPERM(1, "operation not permitted"),
    ENOENT(2, "no such file or directory"),
    EINTR(4, "interrupted"),
    EIO(5, "the device or file system failed"),
    ENXIO(6, "no such device"),
    E2BIG(7, "the arguments are too long"),
    EBADF(9, "bad descriptor"),
    EAGAIN(11, "temporarily not possible"),
    ENOMEM(12, "out of memory"),
    EACCES(13, "permission denied"),
    EBUSY(16, "in use"),
    EEXIST(17, "exists already"),
    EXDEV(18, "on another file system"),
    ENODEV(19, "no such device"),
    ENOTDIR(20, "not a directory"),
    EISDIR(21, "is a directory"),
    EINVAL(22, "invalid argument"),
    ENFILE(23, "too many open files on this machine"),
    EMFILE(24, "too many open files in this process"),
    ENOTTY(25, "not possible on this kind of file"),
    EFBIG(27, "the file would be too large"),
    ENOSPC(28, "no space left"),
    ESPIPE(29, "cannot seek"),
    EROFS(30, "the file system is read-only"),
    EMLINK(31, "too many links"),
    EPIPE(32, "the reader has gone"),
    ERANGE(34, "out of range"),
    ENAMETOOLONG(36, "the name is too long"),
    ENOSYS(38, "the kernel lacks this system call"),
    ENOTEMPTY(39, "the directory is not empty"),
    ELOOP(40, "a symbolic link where none is allowed"),
    ENODATA(61, "no such attribute"),
    EOVERFLOW(75, "the value is too large"),
    EOPNOTSUPP(95, "not supported here"),
    ETIMEDOUT(110, "timed out"),
    ESTALE(116, "the file has gone from its server"),
    EDQUOT(122, "the disk quota is used up"),
    /** Any number that this list does not have. */
    UNKNOWN(-1, "failed");

    private final int number;
    private final String words;

    Errno(int number, String words) {
        this.number = number;
        this.words = words;
    }

    public int number() {
        return number;
    }

    /** For messages, lower case, without the symbol. */
    public String words() {
        return words;
    }

    public static Errno of(int number) {
        for (Errno errno : values()) {
            if (errno.number == number) {
                return errno;
            }
        }
        return UNKNOWN;
    }
}

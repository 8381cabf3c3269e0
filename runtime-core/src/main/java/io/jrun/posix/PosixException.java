package io.jrun.posix;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import java.util.Locale;

/**
 * A system call that failed. Not yet a message for users: whoever knows the object's name calls {@link #during}, the
 * one place where errors of the kernel become failures of ours.
 */
public final class PosixException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int number;

    /** @param call name of the system call, for developers */
    public PosixException(String call, int number) {
        super(call + ": " + Errno.of(number) + " (" + number + ")");
        this.call = call;
        this.number = number;
    }

    public Errno errno() {
        return Errno.of(number);
    }

    public String call() {
        return call;
    }

    public boolean is(Errno errno) {
        return number == errno.number();
    }

    /** @param what verb phrase with its object, as {@link Failure} has it */
    public JrunException during(String what) {
        Errno errno = errno();
        String symbol = errno == Errno.UNKNOWN ? String.format(Locale.ROOT, "errno %d", number) : errno.name();
        Failure failure = Failure.of(what, errno.words() + " (" + symbol + ")");
        return switch (errno) {
            case ENOSPC -> new StorageException(failure.hint("free space there, or choose another place"), this);
            case EDQUOT -> new StorageException(failure.hint("delete files of yours there, see `quota -s`"), this);
            case EACCES, EPERM -> new DeniedException(failure, this);
            case ENOENT -> new NotFoundException(failure, this);
            case EMFILE -> new HostUnsupportedException(failure.hint("raise the limit with `ulimit -n`"), this);
            case ENOSYS, EOPNOTSUPP, ENFILE, ENOMEM -> new HostUnsupportedException(failure, this);
            default -> new StorageException(failure, this);
        };
    }
}

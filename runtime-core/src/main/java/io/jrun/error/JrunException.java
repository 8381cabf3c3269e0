package io.jrun.error;

import java.io.IOException;

/**
 * A failure that is not a bug of ours: of the command, the image, the registry, the host or its disk. Extends
 * {@link IOException} so that it passes through streams unchanged.
 */
public abstract sealed class JrunException extends IOException
        permits UsageException,
                NotFoundException,
                DeniedException,
                CorruptDataException,
                TransferException,
                HostUnsupportedException,
                StorageException {

    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    JrunException(Failure failure, Throwable cause) {
        super(failure.message(), cause);
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}

package io.jrun.error;

/** The local disk is full, over quota or read-only. */
public final class StorageException extends JrunException {

    private static final long serialVersionUID = 1L;

    public StorageException(Failure failure) {
        super(failure, null);
    }

    public StorageException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

package io.jrun.error;

/** Network or registry failed after all retries; the text names method, URL without secrets, and status. */
public final class TransferException extends JrunException {

    private static final long serialVersionUID = 1L;

    public TransferException(Failure failure) {
        super(failure, null);
    }

    public TransferException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

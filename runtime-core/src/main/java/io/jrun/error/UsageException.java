package io.jrun.error;

/** Arguments or options that contradict each other or the grammar. */
public final class UsageException extends JrunException {

    private static final long serialVersionUID = 1L;

    public UsageException(Failure failure) {
        super(failure, null);
    }

    public UsageException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

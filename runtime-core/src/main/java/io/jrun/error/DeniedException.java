package io.jrun.error;

/** A registry or the host refuses this user. */
public final class DeniedException extends JrunException {

    private static final long serialVersionUID = 1L;

    public DeniedException(Failure failure) {
        super(failure, null);
    }

    public DeniedException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

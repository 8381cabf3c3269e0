package io.jrun.error;

/** The kernel, a sysctl or a tool of this host lacks what is needed. */
public final class HostUnsupportedException extends JrunException {

    private static final long serialVersionUID = 1L;

    public HostUnsupportedException(Failure failure) {
        super(failure, null);
    }

    public HostUnsupportedException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

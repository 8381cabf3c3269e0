package io.jrun.error;

/** No such image, tag, container or file. */
public final class NotFoundException extends JrunException {

    private static final long serialVersionUID = 1L;

    public NotFoundException(Failure failure) {
        super(failure, null);
    }

    public NotFoundException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

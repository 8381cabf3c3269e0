package io.jrun.error;

/** Digest or size mismatch, or malformed JSON, tar or squashfs; the text names the place and the offset. */
public final class CorruptDataException extends JrunException {

    private static final long serialVersionUID = 1L;

    public CorruptDataException(Failure failure) {
        super(failure, null);
    }

    public CorruptDataException(Failure failure, Throwable cause) {
        super(failure, cause);
    }
}

package io.jrun.image.blob;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;

/**
 * Passes bytes on and compares size and digest with what was promised: the read that meets the end of the stream, or the
 * first byte beyond the promised size, throws if they differ. Whoever stops before the end has verified nothing.
 */
public final class VerifyingInputStream extends BulkInputStream {

    /** What to do when the bytes turn out to be others than promised. */
    @FunctionalInterface
    public interface OnMismatch {
        /** Called once, before the failure is thrown. */
        void discard() throws IOException;
    }

    private static final String FETCH_AGAIN = "run the command again: the bad copy is discarded and fetched anew;"
            + " if it recurs, a proxy may cut or alter the data";

    private static final String COPY_AGAIN = "the file was cut or altered since it was written: make or copy it again";

    private final InputStream in;
    private final Digest expected;
    private final long expectedSizeInBytes;
    private final String what;
    private final OnMismatch onMismatch;
    private final String hint;
    private final Digest.Hasher hasher;
    private long sizeInBytes;
    private boolean verified;

    /**
     * Closes {@code in}.
     *
     * @param what names the blob in messages ("layer 3 of lab/solver:2.1")
     */
    public VerifyingInputStream(InputStream in, Digest expected, long sizeInBytes, String what) {
        this(in, expected, sizeInBytes, what, () -> {});
    }

    public VerifyingInputStream(InputStream in, Digest expected, long sizeInBytes, String what, OnMismatch onMismatch) {
        this(in, expected, sizeInBytes, what, onMismatch, FETCH_AGAIN);
    }

    /** For bytes of a file that belongs to the user, which no second attempt can better. */
    public static VerifyingInputStream ofLocalFile(InputStream in, Digest expected, long sizeInBytes, String what) {
        return new VerifyingInputStream(in, expected, sizeInBytes, what, () -> {}, COPY_AGAIN);
    }

    private VerifyingInputStream(
            InputStream in, Digest expected, long sizeInBytes, String what, OnMismatch onMismatch, String hint) {
        this.in = in;
        this.expected = expected;
        this.expectedSizeInBytes = sizeInBytes;
        this.what = what;
        this.onMismatch = onMismatch;
        this.hint = hint;
        this.hasher = Digest.hasher(expected.algorithm());
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, length);
        if (count < 0) {
            verify();
            return -1;
        }
        hasher.update(bytes, offset, count);
        sizeInBytes += count;
        if (sizeInBytes > expectedSizeInBytes) {
            onMismatch.discard();
            throw mismatch(what, expected + "  " + expectedSizeInBytes + " bytes", "more than these bytes", hint);
        }
        return count;
    }

    private void verify() throws IOException {
        if (verified) {
            return;
        }
        Digest found = hasher.finish();
        if (sizeInBytes != expectedSizeInBytes || !found.equals(expected)) {
            onMismatch.discard();
            throw mismatch(
                    what,
                    expected + "  " + expectedSizeInBytes + " bytes",
                    found + "  " + sizeInBytes + " bytes",
                    hint);
        }
        verified = true;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    static CorruptDataException mismatch(String what, String expected, String found) {
        return mismatch(what, expected, found, FETCH_AGAIN);
    }

    private static CorruptDataException mismatch(String what, String expected, String found, String hint) {
        return new CorruptDataException(
                Failure.of("use " + what, "its bytes do not match the manifest (DIGEST_INVALID)")
                        .comparing(expected, found)
                        .hint(hint));
    }
}

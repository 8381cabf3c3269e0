package io.jrun.image.source.member;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.blob.VerifyingInputStream;
import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** One regular file of a layout or archive. */
public interface Member {

    long sizeInBytes();

    /** What its bytes were found to have when they passed; a promise only until they are verified again. */
    default Optional<Digest> digest() {
        return Optional.empty();
    }

    /** Its bytes from the first on; may be called again, also while another stream is open. The caller closes it. */
    InputStream open() throws IOException;

    /**
     * The same, with size and digest verified as {@link VerifyingInputStream} does.
     *
     * @param what names the blob in messages ("layer 3 of solver.tar")
     */
    default InputStream open(Digest expected, String what) throws IOException {
        return VerifyingInputStream.ofLocalFile(open(), expected, sizeInBytes(), what);
    }

    /**
     * All of it.
     *
     * @param what names it in messages ("index.json of solver.tar")
     * @throws CorruptDataException when it has more bytes than allowed, before any is read
     */
    default byte[] read(int maxSizeInBytes, String what) throws IOException {
        if (sizeInBytes() > maxSizeInBytes) {
            throw new CorruptDataException(
                    Failure.of("read " + what, "it has " + sizeInBytes() + " bytes, more than " + maxSizeInBytes));
        }
        try (InputStream in = open()) {
            byte[] bytes = in.readNBytes(maxSizeInBytes);
            if (bytes.length != sizeInBytes()) {
                throw new CorruptDataException(Failure.of("read " + what, "its size changed while it was read")
                        .comparing(sizeInBytes() + " bytes", bytes.length + " bytes"));
            }
            return bytes;
        }
    }
}

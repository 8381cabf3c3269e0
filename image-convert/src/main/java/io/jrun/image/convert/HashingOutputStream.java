package io.jrun.image.convert;

import io.jrun.image.reference.Digest;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Digests what passes. */
final class HashingOutputStream extends FilterOutputStream {

    private final Digest.Hasher hasher;

    HashingOutputStream(OutputStream out, Digest.Hasher hasher) {
        super(out);
        this.hasher = hasher;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        hasher.update(bytes, from, length);
        out.write(bytes, from, length);
    }
}

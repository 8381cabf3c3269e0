package io.jrun.image.model;

import io.jrun.image.reference.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A JSON document byte for byte as it came, so that its digest still holds. Immutable. */
public final class RawDocument {

    private final byte[] bytes;

    private RawDocument(byte[] bytes) {
        this.bytes = bytes;
    }

    public static RawDocument of(byte[] bytes) {
        return new RawDocument(bytes.clone());
    }

    public byte[] toBytes() {
        return bytes.clone();
    }

    public int sizeInBytes() {
        return bytes.length;
    }

    public Digest digest(Digest.Algorithm algorithm) {
        return Digest.of(algorithm, bytes);
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RawDocument document && Arrays.equals(bytes, document.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

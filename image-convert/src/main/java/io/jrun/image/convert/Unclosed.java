package io.jrun.image.convert;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** A stream whose owner is somebody else: closing only flushes it. */
final class Unclosed extends FilterOutputStream {

    private Unclosed(OutputStream out) {
        super(out);
    }

    static OutputStream of(OutputStream out) {
        return new Unclosed(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}

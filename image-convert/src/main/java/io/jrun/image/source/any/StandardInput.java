package io.jrun.image.source.any;

import java.io.BufferedInputStream;
import java.io.InputStream;

/** A stream that passes once, but whose beginning can be looked at before. */
public final class StandardInput {

    private final BufferedInputStream in;

    /** @param in is not closed here */
    public StandardInput(InputStream in) {
        this.in = new BufferedInputStream(in, 1 << 16);
    }

    /** From the first byte on, if nobody has read it. Knows mark and reset. */
    public InputStream stream() {
        return in;
    }
}

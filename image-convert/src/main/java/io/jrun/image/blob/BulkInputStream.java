package io.jrun.image.blob;

import java.io.IOException;
import java.io.InputStream;

/** A stream that is made for reads of many bytes; one byte, and skipping, are reads too and so are checked as they are. */
abstract class BulkInputStream extends InputStream {

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] bytes, int offset, int length) throws IOException;
}

package io.jrun.image.convert;

import io.jrun.image.tree.DirectlyReadable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Tells a listener how much of a stream has been read or skipped. */
final class ToldStream extends FilterInputStream implements DirectlyReadable {

    private final ConversionListener listener;

    /** Closes {@code in}. */
    ToldStream(InputStream in, ConversionListener listener) {
        super(in);
        this.listener = listener;
    }

    private void tell(long bytes) {
        if (bytes > 0) {
            listener.read(bytes);
        }
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        tell(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, length);
        tell(count);
        return count;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int count = DirectlyReadable.read(in, into);
        tell(count);
        return count;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = in.skip(count);
        tell(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}

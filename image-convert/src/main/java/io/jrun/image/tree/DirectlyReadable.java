package io.jrun.image.tree;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A stream that can also fill memory outside of the Java heap, which spares copies on the way to native code. */
public interface DirectlyReadable {

    /** What one read takes over the heap from a stream that knows no other way. */
    int MOST_OVER_THE_HEAP = 32 << 10;

    /** As {@link InputStream#read(byte[])}: to where {@code into} has room, at least one byte if there is any; -1 at the end. */
    int read(ByteBuffer into) throws IOException;

    /** The same of any stream. */
    static int read(InputStream in, ByteBuffer into) throws IOException {
        if (in instanceof DirectlyReadable direct) {
            return direct.read(into);
        }
        if (in instanceof FileInputStream file) {
            return file.getChannel().read(into);
        }
        byte[] bytes = new byte[Math.min(into.remaining(), MOST_OVER_THE_HEAP)];
        int count = in.read(bytes);
        into.put(bytes, 0, Math.max(count, 0));
        return count;
    }
}

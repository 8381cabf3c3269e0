package io.jrun.image.squashfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** One file from its start, a block at a time. Source of the layout: {@link StoredContent.Location}. */
final class SquashfsContentStream extends InputStream {

    private final SquashfsContent content;
    private final ContentReader reader;
    private final Runnable onClose;
    private ByteBuffer current = ByteBuffer.allocate(0);
    private long position;
    private long offset;

    /** @param reader of the content's image; used by this stream alone until it is closed */
    SquashfsContentStream(SquashfsContent content, ContentReader reader, Runnable onClose) {
        this.content = content;
        this.reader = reader;
        this.onClose = onClose;
        this.position = content.location().start();
    }

    private boolean fill() throws IOException {
        if (current.hasRemaining()) {
            return true;
        }
        if (offset == content.sizeInBytes()) {
            return false;
        }
        int block = (int) (offset / reader.blockSize());
        current = reader.part(content, block, position).duplicate();
        position += reader.storedSize(content, block);
        offset += current.remaining();
        return true;
    }

    @Override
    public int read() throws IOException {
        return fill() ? current.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, into.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int part = Math.min(length, current.remaining());
        current.get(into, from, part);
        return part;
    }

    @Override
    public void close() {
        onClose.run();
    }
}

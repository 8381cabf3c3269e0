package io.jrun.image.tree;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** A small content of ours, such as a document. Immutable. */
public final class MemoryContent implements ReadableContent {

    private final byte[] bytes;

    public MemoryContent(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    @Override
    public long sizeInBytes() {
        return bytes.length;
    }

    @Override
    public InputStream open() {
        return new ByteArrayInputStream(bytes);
    }
}

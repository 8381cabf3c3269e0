package io.jrun.image.squashfs;

import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.ReadableContent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Keeps contents in memory: the tree as it should come back. */
final class RememberingStore implements ContentStore {

    /** One content. */
    private static final class Remembered implements ReadableContent {

        private final byte[] bytes;

        private Remembered(byte[] bytes) {
            this.bytes = bytes;
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

    @Override
    public FileContent store(InputStream data, long sizeInBytes) throws IOException {
        return new Remembered(data.readNBytes(Math.toIntExact(sizeInBytes)));
    }
}

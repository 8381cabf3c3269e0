package io.jrun.image.push;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** The bytes of a blob, which can be read again from any place. */
@FunctionalInterface
interface BlobContent {

    /** The caller closes the stream. */
    InputStream openAt(long offsetInBytes) throws IOException;

    static BlobContent ofFile(Path file) {
        return offset -> Channels.newInputStream(FileChannel.open(file).position(offset));
    }

    static BlobContent ofBytes(byte[] bytes) {
        byte[] copy = bytes.clone();
        return offset -> {
            int start = Math.toIntExact(offset);
            return new ByteArrayInputStream(copy, start, copy.length - start);
        };
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;

/** A regular file's bytes inside an image that is open. */
final class SquashfsContent implements ReadableContent {

    private final SquashfsImage image;
    private final long sizeInBytes;
    private final StoredContent.Location location;

    SquashfsContent(SquashfsImage image, long sizeInBytes, StoredContent.Location location) {
        this.image = image;
        this.sizeInBytes = sizeInBytes;
        this.location = location;
    }

    @Override
    public long sizeInBytes() {
        return sizeInBytes;
    }

    StoredContent.Location location() {
        return location;
    }

    boolean isInFragmentAlone() {
        return location.blocks() == 0 && hasFragment();
    }

    boolean hasFragment() {
        return location.fragment() != SquashfsFormat.ABSENT_32;
    }

    @Override
    public InputStream open() throws IOException {
        return new SquashfsContentStream(image, this);
    }
}

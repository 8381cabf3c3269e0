package io.jrun.image.squashfs;

import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

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

    boolean isOf(SquashfsImage other) {
        return image == other;
    }

    SquashfsImage image() {
        return image;
    }

    StoredContent.Location location() {
        return location;
    }

    int blockSizeInBytes() {
        return image.superblock().blockSize();
    }

    boolean isInFragmentAlone() {
        return location.blocks() == 0 && hasFragment();
    }

    boolean hasFragment() {
        return location.fragment() != SquashfsFormat.ABSENT_32;
    }

    @Override
    public InputStream open() throws IOException {
        ContentReader reader = image.contentReader();
        return new SquashfsContentStream(this, reader, reader::close);
    }

    /** Blocks that are not stored are holes. */
    @Override
    public List<DataExtent> dataExtents() {
        long blockSize = image.superblock().blockSize();
        List<DataExtent> extents = new ArrayList<>();
        long start = 0;
        for (int block = 0; block < location.blocks(); block++) {
            if (location.sizeWord(block) == 0) {
                addExtent(extents, start, block * blockSize);
                start = Math.min(sizeInBytes, (block + 1) * blockSize);
            }
        }
        addExtent(extents, start, sizeInBytes);
        return extents;
    }

    private static void addExtent(List<DataExtent> extents, long from, long to) {
        if (to > from) {
            extents.add(new DataExtent(from, to - from));
        }
    }
}

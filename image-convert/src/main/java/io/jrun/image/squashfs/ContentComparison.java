package io.jrun.image.squashfs;

import io.jrun.image.tree.FileContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Compares contents of two open images. Blocks that both store in the same way and with the same bytes are equal without
 * being decompressed; everything else is decompressed. Used by one thread; the caller closes, before the images.
 */
public final class ContentComparison implements AutoCloseable {

    private final SquashfsImage one;
    private final SquashfsImage other;
    private final ContentReader oneReader;
    private final ContentReader otherReader;
    private final boolean sameFormat;
    private final Map<Places, Boolean> known = new HashMap<>();
    private long decompressedBlocks;

    private record Places(StoredExtent one, StoredExtent other) {}

    public ContentComparison(SquashfsImage one, SquashfsImage other) throws IOException {
        this.one = one;
        this.other = other;
        this.oneReader = one.contentReader();
        this.otherReader = other.contentReader();
        this.sameFormat = one.facts().compression() == other.facts().compression()
                && one.facts().blockSizeInBytes() == other.facts().blockSizeInBytes();
    }

    /** Cheapest when called in the order of {@link StoredExtent#fragment} and {@link StoredExtent#blocksAt} of one image. */
    public boolean sameBytes(FileContent inOne, FileContent inOther) throws IOException {
        if (inOne.sizeInBytes() != inOther.sizeInBytes()) {
            return false;
        }
        Places places = new Places(one.stored(inOne), other.stored(inOther));
        Boolean before = known.get(places);
        if (before == null) {
            before = compare((SquashfsContent) inOne, (SquashfsContent) inOther);
            known.put(places, before);
        }
        return before;
    }

    /** How often a block of either image had to be decompressed because the stored bytes did not tell. */
    long decompressedBlocks() {
        return decompressedBlocks;
    }

    private boolean compare(SquashfsContent a, SquashfsContent b) throws IOException {
        if (one.facts().blockSizeInBytes() != other.facts().blockSizeInBytes()) {
            return samePlainStreams(a, b);
        }
        long positionA = a.location().start();
        long positionB = b.location().start();
        int parts = (int) ((a.sizeInBytes() + oneReader.blockSize() - 1) / oneReader.blockSize());
        for (int part = 0; part < parts; part++) {
            if (!sameStored(a, b, part, positionA, positionB)) {
                decompressedBlocks++;
                ByteBuffer plain = oneReader.part(a, part, positionA);
                if (!plain.equals(otherReader.part(b, part, positionB))) {
                    return false;
                }
            }
            positionA += oneReader.storedSize(a, part);
            positionB += otherReader.storedSize(b, part);
        }
        return true;
    }

    private boolean sameStored(SquashfsContent a, SquashfsContent b, int part, long positionA, long positionB)
            throws IOException {
        if (!sameFormat
                || part >= a.location().blocks()
                || part >= b.location().blocks()
                || a.location().sizeWord(part) != b.location().sizeWord(part)) {
            return false;
        }
        int size = oneReader.storedSize(a, part);
        return size == 0
                || java.util.Arrays.equals(
                        one.file().read(positionA, size), other.file().read(positionB, size));
    }

    /** Block sizes differ: nothing lines up. */
    private boolean samePlainStreams(SquashfsContent a, SquashfsContent b) throws IOException {
        try (java.io.InputStream left = a.open();
                java.io.InputStream right = b.open()) {
            byte[] some = new byte[64 * 1024];
            while (true) {
                decompressedBlocks++;
                int length = left.readNBytes(some, 0, some.length);
                if (!java.util.Arrays.equals(some, 0, length, right.readNBytes(length), 0, length)) {
                    return false;
                }
                if (length < some.length) {
                    return true;
                }
            }
        }
    }

    @Override
    public void close() {
        oneReader.close();
        otherReader.close();
    }
}

package io.jrun.image.layer;

import io.jrun.image.tree.DirectlyReadable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The content of one regular file, holes as zeros. Closing it does nothing. */
final class EntryContent extends InputStream implements DirectlyReadable {

    private final TarInput input;
    private final Optional<SparseMap> holes;
    private final long size;
    private long position;
    private long storedLeft;
    private int extent;

    /** @param storedSize bytes of the entry that lie in the layer, without what was read already */
    EntryContent(TarInput input, long size, long storedSize, Optional<SparseMap> holes) {
        this.input = input;
        this.size = size;
        this.storedLeft = storedSize;
        this.holes = holes;
    }

    /** Bytes of the layer that this entry still occupies. */
    long storedLeft() {
        return storedLeft;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (position == size) {
            return -1;
        }
        int count = (int) Math.min(length, size - position);
        if (holes.isPresent()) {
            count = readSparse(holes.get(), to, offset, count);
        } else {
            count = readStored(to, offset, count);
        }
        position += count;
        return count;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        if (holes.isPresent()) {
            byte[] bytes = new byte[Math.min(to.remaining(), MOST_OVER_THE_HEAP)];
            int count = read(bytes, 0, bytes.length);
            to.put(bytes, 0, Math.max(count, 0));
            return count;
        }
        if (position == size) {
            return -1;
        }
        int room = (int) Math.min(to.remaining(), size - position);
        int count = counted(input.read(to.slice(to.position(), room)));
        to.position(to.position() + count);
        position += count;
        return count;
    }

    private int readSparse(SparseMap map, byte[] to, int offset, int length) throws IOException {
        while (extent < map.count() && position >= map.offset(extent) + map.length(extent)) {
            extent++;
        }
        if (extent < map.count() && position >= map.offset(extent)) {
            long left = map.offset(extent) + map.length(extent) - position;
            return readStored(to, offset, (int) Math.min(length, left));
        }
        long hole = (extent < map.count() ? map.offset(extent) : size) - position;
        int count = (int) Math.min(length, hole);
        Arrays.fill(to, offset, offset + count, (byte) 0);
        return count;
    }

    private int readStored(byte[] to, int offset, int length) throws IOException {
        return counted(input.read(to, offset, length));
    }

    private int counted(int count) throws IOException {
        if (count < 0) {
            throw input.endedEarly(storedLeft);
        }
        storedLeft -= count;
        return count;
    }

    @Override
    public int available() {
        return 0;
    }
}

package io.jrun.image.squashfs;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Packs files shorter than a block into fragment blocks, equal ones once. A full fragment block goes back to the
 * compressing threads and is written when a fixed number of later ones have followed it: so its place in the file
 * depends on the contents alone, and compression of fragments runs beside everything else. Used by the one thread that
 * keeps the order, between whole files.
 */
final class FragmentPacker {

    /** Fragment blocks being compressed take this much at most, and at least 16 and at most 256 of them exist. */
    private static final int PENDING_BYTES = 16 * 1024 * 1024;

    private final int blockSize;
    private final int maxPending;
    private final CompressionPool pool;
    private final ImageOutput out;
    private final FragmentTable table = new FragmentTable();
    private final Map<ContentKey, StoredContent.Location> known = new HashMap<>();
    private final Deque<Block.Fragment> pending = new ArrayDeque<>();
    private final Deque<byte[]> spare = new ArrayDeque<>();
    private Block.Fragment current;
    private int begun;

    FragmentPacker(int blockSize, CompressionPool pool, ImageOutput out) {
        this.blockSize = blockSize;
        this.maxPending = Math.max(16, Math.min(256, PENDING_BYTES / blockSize));
        this.pool = pool;
        this.out = out;
        this.current = begin();
    }

    FragmentTable table() {
        return table;
    }

    void pack(Block.SmallFiles files) throws IOException, InterruptedException {
        int from = 0;
        for (int i = 0; i < files.contents.size(); i++) {
            StoredContent content = files.contents.get(i);
            int size = (int) content.sizeInBytes();
            StoredContent.Location location = known.get(files.keys.get(i));
            if (location == null) {
                location = append(files.bytes, from, size);
                known.put(files.keys.get(i), location);
            }
            content.locate(location);
            from += size;
        }
    }

    private StoredContent.Location append(byte[] bytes, int from, int size) throws IOException, InterruptedException {
        if (current.length + size > blockSize) {
            compressCurrent();
            current = begin();
        }
        int offset = current.length;
        System.arraycopy(bytes, from, current.bytes, offset, size);
        current.length += size;
        return StoredContent.Location.inFragment(current.number, offset);
    }

    private Block.Fragment begin() {
        byte[] buffer = spare.isEmpty() ? new byte[blockSize] : spare.pop();
        return new Block.Fragment(buffer, begun++);
    }

    private void compressCurrent() throws IOException, InterruptedException {
        if (pending.size() == maxPending) {
            writeOldest();
        }
        pool.submit(current);
        pending.add(current);
    }

    private void writeOldest() throws IOException, InterruptedException {
        Block.Fragment fragment = pending.remove();
        pool.await(fragment);
        table.add(out.position(), Block.sizeWord(fragment.storedLength, fragment.length));
        out.write(fragment.bytes, 0, fragment.storedLength);
        spare.push(fragment.bytes);
    }

    /** Writes all that is left. */
    void finish() throws IOException, InterruptedException {
        if (current.length > 0) {
            compressCurrent();
        }
        while (!pending.isEmpty()) {
            writeOldest();
        }
    }
}

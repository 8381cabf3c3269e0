package io.jrun.image.squashfs;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** User and group IDs, 32 bits each, once; inodes name them by their 16-bit index. */
final class IdTable {

    private final Map<Long, Integer> indexes = new HashMap<>();
    private byte[] entries = new byte[4 * 16];

    /** The index of an ID, which is added if it is new. */
    int index(long id) throws IOException {
        Integer known = indexes.get(id);
        return known != null ? known : add(id);
    }

    private int add(long id) throws IOException {
        int index = indexes.size();
        if (index == SquashfsFormat.MAX_IDS) {
            throw new HostUnsupportedException(Failure.of(
                            "write a squashfs image",
                            "the tree has more than " + SquashfsFormat.MAX_IDS
                                    + " different user and group IDs, which is all the format can hold")
                    .hint("import with --all-root"));
        }
        if (4 * index == entries.length) {
            entries = Arrays.copyOf(entries, 2 * entries.length);
        }
        LittleEndian.put32(entries, 4 * index, id);
        indexes.put(id, index);
        return index;
    }

    int count() {
        return indexes.size();
    }

    long write(ImageOutput out, LookupTableWriter tables) throws IOException {
        return tables.write(out, entries, 4 * count());
    }
}

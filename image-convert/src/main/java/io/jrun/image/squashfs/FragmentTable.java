package io.jrun.image.squashfs;

import java.io.IOException;
import java.util.Arrays;

/**
 * Where each fragment block lies.
 *
 * <pre>
 * offset size field                 (one entry)
 *      0    8 position in the file
 *      8    4 stored size and flag
 *     12    4 unused, 0
 * </pre>
 */
final class FragmentTable {

    private byte[] entries = new byte[64 * SquashfsFormat.FRAGMENT_ENTRY_SIZE];
    private int count;

    /** Entries come in ascending order of their numbers. */
    void add(long position, int sizeWord) {
        int at = Math.multiplyExact(count, SquashfsFormat.FRAGMENT_ENTRY_SIZE);
        if (at == entries.length) {
            entries = Arrays.copyOf(entries, Math.multiplyExact(entries.length, 2));
        }
        LittleEndian.put64(entries, at, position);
        LittleEndian.put32(entries, at + 8, sizeWord);
        count++;
    }

    int count() {
        return count;
    }

    long write(ImageOutput out, LookupTableWriter tables) throws IOException {
        return tables.write(out, entries, count * SquashfsFormat.FRAGMENT_ENTRY_SIZE);
    }
}

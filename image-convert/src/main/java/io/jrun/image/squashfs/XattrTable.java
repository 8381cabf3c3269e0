package io.jrun.image.squashfs;

import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Extended attributes: each different set once, each value that occurs again as a reference to its first place.
 *
 * <pre>
 * metadata blocks of entries             metadata blocks of sets       header, where the superblock points
 *   u16 prefix number and flag             u64 reference of entries      u64 position of the entries
 *   u16 length of the rest of the name     u32 number of entries         u32 number of sets, u32 0
 *       the rest of the name               u32 their plain size          u64 position of each block of sets
 *   u32 length of the value
 *       the value, or the u64 reference of a length and value elsewhere
 * </pre>
 */
final class XattrTable {

    private final ByteArrayOutputStream stored = new ByteArrayOutputStream();
    private final MetadataBlockWriter entries;
    private final Map<Xattrs, OptionalInt> setNumbers = new HashMap<>();
    private final Map<ByteBuffer, Long> placesOfValues = new HashMap<>();
    private byte[] sets = new byte[16 * SquashfsFormat.XATTR_ID_ENTRY_SIZE];
    private int count;
    private long dropped;

    XattrTable(BlockCompressor compressor) {
        entries = new MetadataBlockWriter(stored, compressor);
    }

    /** Attributes of inodes that the format cannot hold: another prefix, or longer than Linux allows. */
    long dropped() {
        return dropped;
    }

    /** The number of a set; empty when there is nothing that the format can hold. */
    OptionalInt number(Xattrs xattrs) throws IOException {
        if (xattrs.isEmpty()) {
            return OptionalInt.empty();
        }
        List<Attribute> storable = storable(xattrs);
        dropped += xattrs.values().size() - storable.size();
        OptionalInt number = setNumbers.get(xattrs);
        if (number == null) {
            number = storable.isEmpty() ? OptionalInt.empty() : OptionalInt.of(add(storable));
            setNumbers.put(xattrs, number);
        }
        return number;
    }

    /** One attribute, its name split as the format has it. */
    private record Attribute(int prefix, String rest, ByteBuffer value) {

        byte[] restBytes() {
            return rest.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static List<Attribute> storable(Xattrs xattrs) {
        List<Attribute> found = new ArrayList<>();
        xattrs.values().forEach((name, value) -> {
            for (int prefix = 0; prefix < SquashfsFormat.xattrPrefixes(); prefix++) {
                String text = SquashfsFormat.xattrPrefix(prefix);
                int length = name.getBytes(StandardCharsets.UTF_8).length;
                if (name.startsWith(text)
                        && length > text.length()
                        && length <= SquashfsFormat.MAX_XATTR_NAME_LENGTH
                        && value.remaining() <= SquashfsFormat.MAX_XATTR_VALUE_SIZE) {
                    found.add(new Attribute(prefix, name.substring(text.length()), value));
                }
            }
        });
        return found;
    }

    private int add(List<Attribute> attributes) throws IOException {
        long reference = entries.reference();
        long before = entries.plainBytes();
        for (Attribute attribute : attributes) {
            write(attribute);
        }
        int at = Math.multiplyExact(count, SquashfsFormat.XATTR_ID_ENTRY_SIZE);
        if (at == sets.length) {
            sets = Arrays.copyOf(sets, Math.multiplyExact(sets.length, 2));
        }
        LittleEndian.put64(sets, at, reference);
        LittleEndian.put32(sets, at + 8, attributes.size());
        LittleEndian.put32(sets, at + 12, entries.plainBytes() - before);
        return count++;
    }

    private void write(Attribute attribute) throws IOException {
        ByteBuffer value = attribute.value().duplicate();
        Long place = placesOfValues.get(value);
        // A reference is only worth its eight bytes in place of a longer value.
        boolean outOfLine = place != null && value.remaining() > SquashfsFormat.XATTR_REFERENCE_SIZE;
        entries.write16(outOfLine ? attribute.prefix() | SquashfsFormat.XATTR_VALUE_OUT_OF_LINE : attribute.prefix());
        byte[] rest = attribute.restBytes();
        entries.write16(rest.length);
        entries.write(rest);
        if (outOfLine) {
            entries.write32(SquashfsFormat.XATTR_REFERENCE_SIZE);
            entries.write64(place);
            return;
        }
        placesOfValues.putIfAbsent(value.duplicate(), entries.reference());
        entries.write32(value.remaining());
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        entries.write(bytes);
    }

    /** Returns the header's position, or {@link SquashfsFormat#ABSENT} without any set. */
    long write(ImageOutput out, LookupTableWriter tables) throws IOException {
        if (count == 0) {
            return SquashfsFormat.ABSENT;
        }
        byte[] header = new byte[SquashfsFormat.XATTR_TABLE_HEADER_SIZE];
        LittleEndian.put64(header, 0, out.position());
        LittleEndian.put32(header, 8, count);
        entries.finish();
        out.write(stored.toByteArray());
        return tables.write(out, sets, count * SquashfsFormat.XATTR_ID_ENTRY_SIZE, header)
                .positions();
    }
}

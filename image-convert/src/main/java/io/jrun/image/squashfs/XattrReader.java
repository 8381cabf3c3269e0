package io.jrun.image.squashfs;

import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Reads sets of extended attributes by number, the counterpart of {@link XattrTable}. */
final class XattrReader {

    /** Attributes of one inode. Linux lists at most 64 KiB of names (XATTR_LIST_MAX), which have 3 bytes or more. */
    private static final int MAX_ATTRIBUTES = 64 * 1024 / 3;

    /** Bytes of all values of one set: far above what any file system accepts for one inode. */
    private static final long MAX_SET_BYTES = 16L * 1024 * 1024;

    private final MetadataReader entries;
    private final LookupTableReader sets;
    private final Map<Long, Xattrs> known = new HashMap<>();

    private XattrReader(MetadataReader entries, LookupTableReader sets) {
        this.entries = entries;
        this.sets = sets;
    }

    static XattrReader open(ImageFile file, BlockReader blocks, Superblock superblock) throws IOException {
        long header = superblock.xattrTable();
        byte[] bytes = file.read(header, SquashfsFormat.XATTR_TABLE_HEADER_SIZE);
        long start = LittleEndian.i64(bytes, 0);
        long count = LittleEndian.u32(bytes, 8);
        if (start < SquashfsFormat.SUPERBLOCK_SIZE || start >= header) {
            throw file.corrupt(header, "the xattr table begins at the impossible position " + start);
        }
        MetadataReader metadata = new MetadataReader(file, blocks, start, header);
        return new XattrReader(
                metadata,
                new LookupTableReader(
                        file,
                        metadata,
                        header + SquashfsFormat.XATTR_TABLE_HEADER_SIZE,
                        count,
                        SquashfsFormat.XATTR_ID_ENTRY_SIZE,
                        "xattr"));
    }

    Xattrs set(long number) throws IOException {
        Xattrs set = known.get(number);
        if (set == null) {
            set = read(sets.entry(number));
            known.put(number, set);
        }
        return set;
    }

    private Xattrs read(byte[] entry) throws IOException {
        long count = LittleEndian.u32(entry, 8);
        MetadataReader.Cursor cursor = entries.at(LittleEndian.i64(entry, 0));
        if (count > MAX_ATTRIBUTES) {
            throw cursor.corrupt("an inode has " + count + " extended attributes, above " + MAX_ATTRIBUTES);
        }
        Map<String, ByteBuffer> values = new HashMap<>();
        long bytes = 0;
        for (long i = 0; i < count; i++) {
            int type = cursor.u16();
            int prefix = type & SquashfsFormat.XATTR_PREFIX_MASK;
            int length = cursor.u16();
            if (prefix >= SquashfsFormat.xattrPrefixes() || length == 0) {
                throw cursor.corrupt("an extended attribute has the unknown prefix " + prefix + " or no name");
            }
            String name = SquashfsFormat.xattrPrefix(prefix) + new String(cursor.bytes(length), StandardCharsets.UTF_8);
            byte[] value = value(cursor, (type & SquashfsFormat.XATTR_VALUE_OUT_OF_LINE) != 0);
            bytes += value.length;
            if (bytes > MAX_SET_BYTES) {
                throw cursor.corrupt("an inode's extended attributes take more than " + MAX_SET_BYTES + " bytes");
            }
            values.put(name, ByteBuffer.wrap(value));
        }
        return new Xattrs(values);
    }

    private byte[] value(MetadataReader.Cursor cursor, boolean outOfLine) throws IOException {
        MetadataReader.Cursor at = cursor;
        long size = cursor.u32();
        if (outOfLine) {
            if (size != SquashfsFormat.XATTR_REFERENCE_SIZE) {
                throw cursor.corrupt("a reference to an extended attribute's value takes " + size + " bytes, not 8");
            }
            at = entries.at(cursor.i64());
            size = at.u32();
        }
        if (size > SquashfsFormat.MAX_XATTR_VALUE_SIZE) {
            throw at.corrupt("an extended attribute's value has " + size + " bytes, above 65536");
        }
        return at.bytes((int) size);
    }
}

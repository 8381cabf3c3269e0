package io.jrun.image.squashfs;

import io.jrun.image.tree.EntryName;
import java.io.IOException;

/** Reads one listing, the counterpart of {@link DirectoryTable}. */
final class DirectoryReader {

    private final MetadataReader listings;

    DirectoryReader(MetadataReader listings) {
        this.listings = listings;
    }

    /** Takes the entries of a listing in their order. */
    interface Visitor {

        /** @return whether to go on */
        boolean entry(EntryName name, int basicType, long inodeReference) throws IOException;
    }

    /** Stops early when the visitor says so. Names come in strictly ascending order, or the listing is damaged. */
    void read(InodeReader.Inode.Directory directory, Visitor visitor) throws IOException {
        if (directory.size() == 0) {
            return;
        }
        MetadataReader.Cursor cursor = listings.at(directory.listingBlock(), directory.listingOffset());
        long left = directory.size();
        EntryName previous = null;
        while (left > 0) {
            long entries = cursor.u32() + 1;
            long inodeBlock = cursor.u32();
            cursor.u32();
            left -= SquashfsFormat.DIRECTORY_HEADER_SIZE;
            if (entries > SquashfsFormat.MAX_ENTRIES_PER_HEADER) {
                throw cursor.corrupt("a directory header counts " + entries + " entries, above 256");
            }
            for (long i = 0; i < entries; i++) {
                int offset = cursor.u16();
                cursor.i16();
                int type = cursor.u16();
                int length = cursor.u16() + 1;
                EntryName name = name(cursor, length);
                left -= SquashfsFormat.DIRECTORY_ENTRY_SIZE + length;
                if (left < 0) {
                    throw cursor.corrupt("a directory's entries exceed its size");
                }
                if (previous != null && previous.compareTo(name) >= 0) {
                    throw cursor.corrupt("a directory's names are not in ascending order: " + name);
                }
                previous = name;
                if (!visitor.entry(name, type, SquashfsFormat.reference(inodeBlock, offset))) {
                    return;
                }
            }
        }
    }

    private static EntryName name(MetadataReader.Cursor cursor, int length) throws IOException {
        if (length > SquashfsFormat.MAX_NAME_LENGTH) {
            throw cursor.corrupt("a name has " + length + " bytes");
        }
        byte[] bytes = cursor.bytes(length);
        if (!EntryName.isValid(bytes, 0, length)) {
            throw cursor.corrupt("a directory entry has no possible file name");
        }
        return EntryName.of(bytes);
    }
}

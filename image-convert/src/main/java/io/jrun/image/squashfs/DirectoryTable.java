package io.jrun.image.squashfs;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * All directory listings, in metadata blocks. A listing is a run of headers, each followed by the entries whose inodes
 * lie in one metadata block.
 *
 * <pre>
 * header: u32 entries - 1               entry: u16 offset of the inode in its plain block
 *         u32 start of the inodes' block       i16 inode number - the header's
 *         u32 an inode number                  u16 basic type
 *                                              u16 length of the name - 1, then the name
 * </pre>
 */
final class DirectoryTable {

    private final ByteArrayOutputStream stored = new ByteArrayOutputStream();
    private final MetadataBlockWriter listings;

    DirectoryTable(BlockCompressor compressor) {
        listings = new MetadataBlockWriter(stored, compressor);
    }

    /**
     * A written listing.
     *
     * @param blockStart of its first metadata block, from the table's start
     * @param offset in that block's plain bytes
     * @param size plain bytes
     */
    record Listing(long blockStart, int offset, long size, List<IndexEntry> index) {}

    /**
     * Where a later metadata block of a long listing begins with a header: lets a lookup skip what lies before.
     *
     * @param offsetInListing plain bytes before the header
     */
    record IndexEntry(long offsetInListing, long blockStart, EntryName firstName) {}

    /** All children must have been written. */
    Listing add(FileNode.Directory directory, InodeNumbers inodes) throws IOException {
        long blockStart = listings.blockStart();
        int offset = listings.offset();
        long before = listings.plainBytes();
        List<IndexEntry> index = new ArrayList<>();
        List<Map.Entry<EntryName, FileNode>> run = new ArrayList<>();
        Header header = new Header(before);
        for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
            InodeNumbers.Inode inode = inodes.of(child.getValue());
            if (!run.isEmpty() && !header.covers(inode, run.size())) {
                flush(run, header, inodes);
                header = new Header(listings.plainBytes());
                run.clear();
            }
            if (run.isEmpty()) {
                header.begin(inode);
                long block = listings.blockStart();
                if (block
                        != (index.isEmpty()
                                ? blockStart
                                : index.get(index.size() - 1).blockStart())) {
                    index.add(new IndexEntry(listings.plainBytes() - before, block, child.getKey()));
                }
            }
            header.extend(child.getKey());
            run.add(child);
        }
        if (!run.isEmpty()) {
            flush(run, header, inodes);
        }
        long size = listings.plainBytes() - before;
        if (size > SquashfsFormat.ABSENT_32 - SquashfsFormat.LISTING_SIZE_BIAS) {
            throw new HostUnsupportedException(
                    Failure.of("write a squashfs image", "one directory's listing takes more than 4 GiB"));
        }
        return new Listing(blockStart, offset, size, index);
    }

    private void flush(List<Map.Entry<EntryName, FileNode>> run, Header header, InodeNumbers inodes)
            throws IOException {
        listings.write32(run.size() - 1);
        listings.write32(header.inodeBlock);
        listings.write32(header.inodeNumber);
        for (Map.Entry<EntryName, FileNode> child : run) {
            InodeNumbers.Inode inode = inodes.of(child.getValue());
            byte[] name = child.getKey().toBytes();
            listings.write16((int) (inode.reference() & 0xffff));
            listings.write16(inode.number() - header.inodeNumber);
            listings.write16(InodeTable.basicType(child.getValue()));
            listings.write16(name.length - 1);
            listings.write(name);
        }
    }

    /** Returns the table's position. */
    long write(ImageOutput out) throws IOException {
        long start = out.position();
        long size = listings.finish();
        if (size > SquashfsFormat.ABSENT_32) {
            throw new HostUnsupportedException(
                    Failure.of("write a squashfs image", "the directory table takes more than 4 GiB"));
        }
        stored.writeTo(out);
        return start;
    }

    /** What the entries of one run have in common. */
    private static final class Header {

        private final long offsetInBlock;
        private long size = SquashfsFormat.DIRECTORY_HEADER_SIZE;
        private long inodeBlock;
        private int inodeNumber;

        private Header(long plainOffset) {
            this.offsetInBlock = plainOffset % SquashfsFormat.METADATA_SIZE;
        }

        private void begin(InodeNumbers.Inode first) {
            inodeBlock = first.reference() >>> 16;
            inodeNumber = first.number();
        }

        private void extend(EntryName name) {
            size += SquashfsFormat.DIRECTORY_ENTRY_SIZE + name.length();
        }

        /** Also ends the run once it has crossed into another metadata block: the index points at headers only. */
        private boolean covers(InodeNumbers.Inode inode, int entries) {
            int delta = inode.number() - inodeNumber;
            return entries < SquashfsFormat.MAX_ENTRIES_PER_HEADER
                    && inode.reference() >>> 16 == inodeBlock
                    && delta >= Short.MIN_VALUE
                    && delta <= Short.MAX_VALUE
                    && offsetInBlock + size < SquashfsFormat.METADATA_SIZE;
        }
    }
}

package io.jrun.image.squashfs;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import java.io.IOException;
import java.util.OptionalInt;

/**
 * All inodes, in metadata blocks; the basic form where it can say everything, the extended one elsewhere.
 *
 * <pre>
 * all:       u16 type, u16 permissions, u16 index of uid, u16 index of gid, u32 mtime, u32 inode number
 * directory: u32 listing's block, u32 links, u16 listing size + 3, u16 listing's offset, u32 parent's number
 *  extended: u32 links, u32 listing size + 3, u32 listing's block, u32 parent's number, u16 index entries,
 *            u16 listing's offset, u32 xattrs, then per index entry: u32 offset, u32 block, u32 name length - 1, name
 * file:      u32 first block, u32 fragment, u32 offset in it, u32 size, then u32 per block
 *  extended: u64 first block, u64 size, u64 bytes of zeros without a block, u32 links, u32 fragment, u32 offset in it,
 *            u32 xattrs, then u32 per block
 * symlink:   u32 links, u32 length, target;     extended: u32 xattrs behind
 * device:    u32 links, u32 device number;      extended: u32 xattrs behind
 * fifo, socket: u32 links;                      extended: u32 xattrs behind
 * </pre>
 */
final class InodeTable {

    private final MetadataBlockWriter out;
    private final IdTable ids;
    private final XattrTable xattrs;
    private final ExportTable exports;
    private final SquashfsOptions.OwnershipPolicy ownership;
    private long clampedTimes;

    InodeTable(
            MetadataBlockWriter out,
            IdTable ids,
            XattrTable xattrs,
            ExportTable exports,
            SquashfsOptions.OwnershipPolicy ownership) {
        this.out = out;
        this.ids = ids;
        this.xattrs = xattrs;
        this.exports = exports;
        this.ownership = ownership;
    }

    static int basicType(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return SquashfsFormat.TYPE_DIRECTORY;
        } else if (node instanceof FileNode.RegularFile) {
            return SquashfsFormat.TYPE_FILE;
        } else if (node instanceof FileNode.SymbolicLink) {
            return SquashfsFormat.TYPE_SYMLINK;
        } else if (node instanceof FileNode.Device device) {
            return device.kind() == FileNode.DeviceKind.BLOCK
                    ? SquashfsFormat.TYPE_BLOCK_DEVICE
                    : SquashfsFormat.TYPE_CHARACTER_DEVICE;
        } else if (node instanceof FileNode.Fifo) {
            return SquashfsFormat.TYPE_FIFO;
        }
        return SquashfsFormat.TYPE_SOCKET;
    }

    /** Writes one inode and notes where. A directory's listing must have been written. */
    void add(FileNode node, InodeNumbers.Inode inode) throws IOException {
        long reference = out.reference();
        if (reference >>> 16 > SquashfsFormat.ABSENT_32) {
            throw new HostUnsupportedException(
                    Failure.of("write a squashfs image", "the inode table takes more than 4 GiB"));
        }
        inode.writtenAt(reference);
        exports.set(inode.number(), reference);
        OptionalInt set = xattrs.number(node.metadata().xattrs());
        if (node instanceof FileNode.Directory) {
            addDirectory(node, inode, set);
        } else if (node instanceof FileNode.RegularFile file) {
            addFile(file, inode, set);
        } else {
            addHeader(basicType(node), set.isPresent(), node.metadata(), inode);
            out.write32(inode.links());
            if (node instanceof FileNode.SymbolicLink link) {
                addTarget(link);
            } else if (node instanceof FileNode.Device device) {
                out.write32(encodeDevice(device.major(), device.minor()));
            }
            if (set.isPresent()) {
                out.write32(set.getAsInt());
            }
        }
    }

    private void addHeader(int basicType, boolean extended, Metadata metadata, InodeNumbers.Inode inode)
            throws IOException {
        boolean allRoot = ownership == SquashfsOptions.OwnershipPolicy.ALL_ROOT;
        out.write16(extended ? basicType + SquashfsFormat.EXTENDED : basicType);
        out.write16(metadata.permissions());
        out.write16(ids.index(allRoot ? 0 : metadata.uid()));
        out.write16(ids.index(allRoot ? 0 : metadata.gid()));
        long mtime = Math.max(0, Math.min(SquashfsFormat.MAX_MTIME, metadata.mtimeSeconds()));
        clampedTimes += mtime == metadata.mtimeSeconds() ? 0 : 1;
        out.write32(mtime);
        out.write32(inode.number());
    }

    private static long xattrField(OptionalInt set) {
        return set.isPresent() ? set.getAsInt() : SquashfsFormat.ABSENT_32;
    }

    private void addDirectory(FileNode node, InodeNumbers.Inode inode, OptionalInt set) throws IOException {
        DirectoryTable.Listing listing = inode.listing();
        long size = listing.size() + SquashfsFormat.LISTING_SIZE_BIAS;
        // The root's parent is a number that no inode has, by the format's custom.
        long parent = inode.parentNumber() == 0 ? exports.count() + 1L : inode.parentNumber();
        boolean extended = set.isPresent() || size > 0xffff || !listing.index().isEmpty();
        addHeader(SquashfsFormat.TYPE_DIRECTORY, extended, node.metadata(), inode);
        if (!extended) {
            out.write32(listing.blockStart());
            out.write32(inode.links());
            out.write16((int) size);
            out.write16(listing.offset());
            out.write32(parent);
            return;
        }
        // The counter has 16 bits. The index only saves time, so its end may be cut.
        int indexEntries = Math.min(listing.index().size(), 0xffff);
        out.write32(inode.links());
        out.write32(size);
        out.write32(listing.blockStart());
        out.write32(parent);
        out.write16(indexEntries);
        out.write16(listing.offset());
        out.write32(xattrField(set));
        for (DirectoryTable.IndexEntry entry : listing.index().subList(0, indexEntries)) {
            byte[] name = entry.firstName().toBytes();
            out.write32(entry.offsetInListing());
            out.write32(entry.blockStart());
            out.write32(name.length - 1);
            out.write(name);
        }
    }

    private void addFile(FileNode.RegularFile file, InodeNumbers.Inode inode, OptionalInt set) throws IOException {
        if (!(file.content() instanceof StoredContent content)) {
            throw new IllegalArgumentException("a file's content was not stored in this image");
        }
        StoredContent.Location location = content.location();
        long size = content.sizeInBytes();
        boolean extended = set.isPresent()
                || inode.links() > 1
                || location.sparseBytes() > 0
                || location.start() > SquashfsFormat.ABSENT_32
                || size > SquashfsFormat.ABSENT_32;
        addHeader(SquashfsFormat.TYPE_FILE, extended, file.metadata(), inode);
        if (extended) {
            out.write64(location.start());
            out.write64(size);
            // Never the whole size: the kernel derives st_blocks from the difference.
            out.write64(Math.min(location.sparseBytes(), Math.max(0, size - 1)));
            out.write32(inode.links());
            out.write32(location.fragment());
            out.write32(location.offsetInFragment());
            out.write32(xattrField(set));
        } else {
            out.write32(location.start());
            out.write32(location.fragment());
            out.write32(location.offsetInFragment());
            out.write32(size);
        }
        for (int block = 0; block < location.blocks(); block++) {
            out.write32(location.sizeWord(block));
        }
    }

    private void addTarget(FileNode.SymbolicLink link) throws IOException {
        byte[] target = link.target();
        if (target.length > SquashfsFormat.MAX_SYMLINK_LENGTH) {
            throw new HostUnsupportedException(Failure.of(
                    "write a squashfs image",
                    "a symbolic link's target is longer than the " + SquashfsFormat.MAX_SYMLINK_LENGTH
                            + " bytes that Linux follows"));
        }
        out.write32(target.length);
        out.write(target);
    }

    /** Source: Linux kernel, include/linux/kdev_t.h, new_encode_dev. */
    private static long encodeDevice(int major, int minor) {
        return (minor & 0xff) | (long) major << 8 | (minor & ~0xffL) << 12;
    }

    /** Inodes whose time of modification lies outside of what 32 bits without a sign hold, and became the nearest one. */
    long clampedTimes() {
        return clampedTimes;
    }

    long finish() throws IOException {
        return out.finish();
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.util.Arrays;

/** Reads one inode by its reference, the counterpart of {@link InodeTable}. */
final class InodeReader {

    private static final int PERMISSIONS = 07777;

    private final SquashfsImage image;
    private final MetadataReader inodes;

    InodeReader(SquashfsImage image, MetadataReader inodes) {
        this.image = image;
        this.inodes = inodes;
    }

    /** An inode: a directory whose listing is to be read, or anything else. */
    sealed interface Inode {

        /** As in the listing that names it. */
        int basicType();

        Metadata metadata();

        /** @param size of the listing, plain, without the bias */
        record Directory(Metadata metadata, long listingBlock, int listingOffset, long size) implements Inode {
            @Override
            public int basicType() {
                return SquashfsFormat.TYPE_DIRECTORY;
            }
        }

        /** Not a directory. */
        record Leaf(FileNode node) implements Inode {
            @Override
            public int basicType() {
                return InodeTable.basicType(node);
            }

            @Override
            public Metadata metadata() {
                return node.metadata();
            }
        }
    }

    /** The fields that all inodes begin with. */
    private record Common(int type, int permissions, long uid, long gid, long mtime) {

        Metadata with(Xattrs xattrs) {
            return new Metadata(permissions, uid, gid, mtime, 0, xattrs);
        }

        boolean isExtended() {
            return type > SquashfsFormat.EXTENDED;
        }
    }

    Inode read(long reference) throws IOException {
        MetadataReader.Cursor cursor = inodes.at(reference);
        Common common = common(cursor);
        int basicType = common.isExtended() ? common.type() - SquashfsFormat.EXTENDED : common.type();
        return switch (basicType) {
            case SquashfsFormat.TYPE_DIRECTORY -> directory(cursor, common);
            case SquashfsFormat.TYPE_FILE -> new Inode.Leaf(file(cursor, common));
            case SquashfsFormat.TYPE_SYMLINK -> new Inode.Leaf(symbolicLink(cursor, common));
            case SquashfsFormat.TYPE_BLOCK_DEVICE -> new Inode.Leaf(device(cursor, common, FileNode.DeviceKind.BLOCK));
            case SquashfsFormat.TYPE_CHARACTER_DEVICE ->
                new Inode.Leaf(device(cursor, common, FileNode.DeviceKind.CHARACTER));
            case SquashfsFormat.TYPE_FIFO -> new Inode.Leaf(new FileNode.Fifo(metadataBehindLinks(cursor, common)));
            default -> new Inode.Leaf(new FileNode.Socket(metadataBehindLinks(cursor, common)));
        };
    }

    private Common common(MetadataReader.Cursor cursor) throws IOException {
        int type = cursor.u16();
        int permissions = cursor.u16();
        if (type < SquashfsFormat.TYPE_DIRECTORY || type > SquashfsFormat.TYPE_SOCKET + SquashfsFormat.EXTENDED) {
            throw cursor.corrupt("an inode has the unknown type " + type);
        }
        if ((permissions & ~PERMISSIONS) != 0) {
            throw cursor.corrupt("an inode has permissions beyond 07777");
        }
        long uid = image.id(cursor.u16());
        long gid = image.id(cursor.u16());
        long mtime = cursor.u32();
        long number = cursor.u32();
        if (number == 0 || number > image.superblock().inodes()) {
            throw cursor.corrupt("an inode has the number " + number + ", the image has "
                    + image.superblock().inodes());
        }
        return new Common(type, permissions, uid, gid, mtime);
    }

    private Metadata metadata(MetadataReader.Cursor cursor, Common common) throws IOException {
        return common.with(common.isExtended() ? image.xattrs(cursor.u32()) : Xattrs.NONE);
    }

    private Metadata metadataBehindLinks(MetadataReader.Cursor cursor, Common common) throws IOException {
        cursor.u32();
        return metadata(cursor, common);
    }

    private Inode directory(MetadataReader.Cursor cursor, Common common) throws IOException {
        long listing;
        long size;
        int offset;
        Metadata metadata;
        if (common.isExtended()) {
            cursor.u32();
            size = cursor.u32();
            listing = cursor.u32();
            cursor.u32();
            cursor.u16();
            offset = cursor.u16();
            metadata = metadata(cursor, common);
        } else {
            listing = cursor.u32();
            cursor.u32();
            size = cursor.u16();
            offset = cursor.u16();
            cursor.u32();
            metadata = common.with(Xattrs.NONE);
        }
        // Some writers record 0 for an empty directory.
        long plain = Math.max(0, size - SquashfsFormat.LISTING_SIZE_BIAS);
        return new Inode.Directory(metadata, listing, offset, plain);
    }

    private FileNode file(MetadataReader.Cursor cursor, Common common) throws IOException {
        long start;
        long size;
        long fragment;
        long offset;
        Metadata metadata;
        if (common.isExtended()) {
            start = cursor.i64();
            size = cursor.i64();
            cursor.i64();
            cursor.u32();
            fragment = cursor.u32();
            offset = cursor.u32();
            metadata = metadata(cursor, common);
        } else {
            start = cursor.u32();
            fragment = cursor.u32();
            offset = cursor.u32();
            size = cursor.u32();
            metadata = common.with(Xattrs.NONE);
        }
        return new FileNode.RegularFile(
                metadata, new SquashfsContent(image, size, location(cursor, start, size, fragment, offset)));
    }

    private StoredContent.Location location(
            MetadataReader.Cursor cursor, long start, long size, long fragment, long offset) throws IOException {
        int blockSize = image.superblock().blockSize();
        boolean hasFragment = fragment != SquashfsFormat.ABSENT_32;
        long tail = hasFragment ? size % blockSize : 0;
        if (size < 0 || size / blockSize >= Integer.MAX_VALUE) {
            throw cursor.corrupt("a file has the impossible size " + Long.toUnsignedString(size));
        }
        if (hasFragment && (fragment >= image.superblock().fragments() || offset + tail > blockSize)) {
            throw cursor.corrupt("a file lies in fragment " + fragment + " at " + offset + ", which cannot be");
        }
        int blocks = (int) (hasFragment ? size / blockSize : (size + blockSize - 1) / blockSize);
        int[] words = sizeWords(cursor, start, blocks, blockSize);
        // A file of whole blocks only needs no fragment, whatever its inode names.
        return tail > 0
                ? new StoredContent.Location(start, words, 0, fragment, (int) offset)
                : StoredContent.Location.ofBlocks(start, words, 0);
    }

    private int[] sizeWords(MetadataReader.Cursor cursor, long start, int blocks, int blockSize) throws IOException {
        // Grows with what is really there: a size field alone must not take memory.
        int[] words = new int[Math.min(blocks, 1024)];
        long position = start;
        for (int i = 0; i < blocks; i++) {
            if (i == words.length) {
                words = Arrays.copyOf(words, (int) Math.min(blocks, 2L * i));
            }
            long word = cursor.u32();
            long stored = word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
            if (stored > blockSize || (stored == 0 && word != 0)) {
                throw cursor.corrupt("a data block has the impossible size " + stored);
            }
            words[i] = (int) word;
            position += stored;
        }
        if (position > start
                && (start < SquashfsFormat.SUPERBLOCK_SIZE
                        || position > image.superblock().inodeTable())) {
            throw cursor.corrupt("a file's blocks lie from " + start + " to " + position + ", outside the data");
        }
        return words;
    }

    private FileNode symbolicLink(MetadataReader.Cursor cursor, Common common) throws IOException {
        cursor.u32();
        long length = cursor.u32();
        if (length == 0 || length > SquashfsFormat.MAX_SYMLINK_LENGTH) {
            throw cursor.corrupt("a symbolic link's target has " + length + " bytes");
        }
        byte[] target = cursor.bytes((int) length);
        for (byte b : target) {
            if (b == 0) {
                throw cursor.corrupt("a symbolic link's target contains 0x00");
            }
        }
        return new FileNode.SymbolicLink(metadata(cursor, common), target);
    }

    /** Source: Linux kernel, include/linux/kdev_t.h, new_decode_dev. */
    private FileNode device(MetadataReader.Cursor cursor, Common common, FileNode.DeviceKind kind) throws IOException {
        cursor.u32();
        long number = cursor.u32();
        int major = (int) ((number >> 8) & 0xfff);
        int minor = (int) ((number & 0xff) | ((number >> 12) & 0xfff00));
        return new FileNode.Device(metadata(cursor, common), kind, major, minor);
    }
}

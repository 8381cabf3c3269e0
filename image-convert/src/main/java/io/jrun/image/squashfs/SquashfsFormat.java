package io.jrun.image.squashfs;

/** Every number of the on-disk format. Source: Linux kernel, fs/squashfs/squashfs_fs.h. */
final class SquashfsFormat {

    /** "hsqs" in little-endian order. */
    static final int MAGIC = 0x7371_7368;

    static final int MAJOR = 4;
    static final int MINOR = 0;
    static final int SUPERBLOCK_SIZE = 96;

    /** Marks an absent table, fragment or xattr set in fields of 64 bits. */
    static final long ABSENT = -1L;

    /** Marks an absent fragment or xattr set in fields of 32 bits. */
    static final long ABSENT_32 = 0xffff_ffffL;

    static final int MIN_BLOCK_SIZE = 4 * 1024;
    static final int MAX_BLOCK_SIZE = 1024 * 1024;

    static final int METADATA_SIZE = 8 * 1024;
    static final int METADATA_HEADER_SIZE = 2;

    /** In a metadata block's header: set means NOT compressed. */
    static final int METADATA_STORED_UNCOMPRESSED = 0x8000;

    /** In the size word of a data or fragment block: set means NOT compressed. A whole word of 0 is a sparse block. */
    static final int DATA_STORED_UNCOMPRESSED = 1 << 24;

    static final int FLAG_UNCOMPRESSED_INODES = 0x001;
    static final int FLAG_UNCOMPRESSED_DATA = 0x002;
    static final int FLAG_UNCOMPRESSED_FRAGMENTS = 0x008;
    static final int FLAG_NO_FRAGMENTS = 0x010;
    static final int FLAG_DUPLICATES_SHARED = 0x040;
    static final int FLAG_EXPORTABLE = 0x080;
    static final int FLAG_UNCOMPRESSED_XATTRS = 0x100;
    static final int FLAG_NO_XATTRS = 0x200;
    static final int FLAG_COMPRESSOR_OPTIONS = 0x400;
    static final int FLAG_UNCOMPRESSED_IDS = 0x800;

    static final int TYPE_DIRECTORY = 1;
    static final int TYPE_FILE = 2;
    static final int TYPE_SYMLINK = 3;
    static final int TYPE_BLOCK_DEVICE = 4;
    static final int TYPE_CHARACTER_DEVICE = 5;
    static final int TYPE_FIFO = 6;
    static final int TYPE_SOCKET = 7;

    /** The extended form of a type is the basic one plus this. Directory entries always name the basic one. */
    static final int EXTENDED = 7;

    /** A listing's recorded size counts "." and ".." as this many bytes that are not stored. */
    static final int LISTING_SIZE_BIAS = 3;

    static final int DIRECTORY_HEADER_SIZE = 12;
    static final int DIRECTORY_ENTRY_SIZE = 8;

    /** Entries per directory header; the kernel refuses more. */
    static final int MAX_ENTRIES_PER_HEADER = 256;

    static final int MAX_NAME_LENGTH = 256;

    /** Bytes of a symbolic link's target: the kernel's page, which is its own limit (PATH_MAX) too. */
    static final int MAX_SYMLINK_LENGTH = 4096;

    /** Seconds of a time of modification, which is never before 1970. */
    static final long MAX_MTIME = 0xffff_ffffL;

    /** IDs that the superblock's 16-bit counter can count; 65,536 would read as 0. */
    static final int MAX_IDS = 0xffff;

    static final int FRAGMENT_ENTRY_SIZE = 16;
    static final int XATTR_ID_ENTRY_SIZE = 16;
    static final int XATTR_TABLE_HEADER_SIZE = 16;

    /** In an xattr entry's type: the value is a reference to where the value lies. */
    static final int XATTR_VALUE_OUT_OF_LINE = 0x100;

    static final int XATTR_PREFIX_MASK = 0xff;

    /** Bytes of a reference that replaces an out-of-line value. */
    static final int XATTR_REFERENCE_SIZE = 8;

    /** XATTR_SIZE_MAX and XATTR_NAME_MAX of Linux. Source: xattr(7). */
    static final int MAX_XATTR_VALUE_SIZE = 64 * 1024;

    static final int MAX_XATTR_NAME_LENGTH = 255;

    /** Name prefixes by their number in the format. */
    private static final String[] XATTR_PREFIXES = {"user.", "trusted.", "security."};

    /** A file's end is a multiple of this, so that loop devices see all of it. */
    static final int PADDING = 4096;

    private SquashfsFormat() {}

    static int xattrPrefixes() {
        return XATTR_PREFIXES.length;
    }

    static String xattrPrefix(int number) {
        return XATTR_PREFIXES[number];
    }

    /** Where a thing of a metadata table lies: the block's offset in its table, and the offset in the plain block. */
    static long reference(long blockStart, int offset) {
        return blockStart << 16 | offset;
    }
}

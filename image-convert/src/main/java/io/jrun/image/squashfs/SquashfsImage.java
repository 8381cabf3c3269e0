package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Xattrs;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A squashfs 4.0 image file, ours or another tool's, open for reading. Every offset, length and number in it is checked
 * before use: a damaged or hostile file ends in {@link CorruptDataException} with the offset. Contents of nodes stay
 * readable until {@link #close}. Its methods may be called by several threads, one at a time inside.
 *
 * <p>In every compression that the format knows.
 */
public final class SquashfsImage implements Closeable {

    /** Names of one tree. Each takes about 200 bytes of memory; larger images exist nowhere and would be a bomb. */
    private static final long MAX_NAMES = 16L * 1024 * 1024;

    private final ImageFile file;
    private final Superblock superblock;
    private final Compression compression;
    private final BlockReader metadataBlocks;
    private final InodeReader inodes;
    private final DirectoryReader directories;
    private final LookupTableReader fragments;
    private final LookupTableReader ids;
    private final Map<Integer, Long> knownIds = new HashMap<>();
    private final Optional<XattrReader> xattrs;

    private SquashfsImage(ImageFile file, Superblock superblock, Compression compression, BlockReader metadataBlocks)
            throws IOException {
        this.file = file;
        this.superblock = superblock;
        this.compression = compression;
        this.metadataBlocks = metadataBlocks;
        this.inodes = new InodeReader(this, table(superblock.inodeTable(), superblock.directoryTable()));
        this.directories =
                new DirectoryReader(table(superblock.directoryTable(), SuperblockReader.directoryEnd(superblock)));
        this.fragments = lookup(
                superblock.fragmentTable(), superblock.fragments(), SquashfsFormat.FRAGMENT_ENTRY_SIZE, "fragment");
        this.ids = lookup(superblock.idTable(), superblock.ids(), 4, "ID");
        this.xattrs = superblock.xattrTable() == SquashfsFormat.ABSENT
                ? Optional.empty()
                : Optional.of(XattrReader.open(file, metadataBlocks, superblock));
    }

    private MetadataReader table(long start, long end) {
        return new MetadataReader(file, metadataBlocks, start, end);
    }

    private LookupTableReader lookup(long positions, long count, int entrySize, String name) {
        MetadataReader blocks = table(SquashfsFormat.SUPERBLOCK_SIZE, superblock.bytesUsed());
        return new LookupTableReader(file, blocks, positions, count, entrySize, name);
    }

    /** The caller closes. */
    public static SquashfsImage open(Path path) throws IOException {
        return open(path, 0);
    }

    /** An image that lies behind something else in its file, such as a program. */
    public static SquashfsImage open(Path path, long offset) throws IOException {
        ImageFile file = ImageFile.open(path, offset);
        BlockReader blocks = null;
        try {
            Superblock superblock = SuperblockReader.read(file);
            Compression compression = SuperblockReader.compression(file, superblock);
            blocks = new BlockReader(file, compression);
            return new SquashfsImage(file, superblock, compression, blocks);
        } catch (IOException | RuntimeException e) {
            if (blocks != null) {
                blocks.close();
            }
            file.close();
            throw e;
        }
    }

    /** Where the image begins in its file: 0, but inside a SIF file. */
    public long positionInFile() {
        return file.start();
    }

    /** Whether the file begins as a squashfs image does. */
    public static boolean isSquashfs(Path path) throws IOException {
        try (ImageFile file = ImageFile.open(path)) {
            return file.size() >= 4 && LittleEndian.u32(file.read(0, 4), 0) == SquashfsFormat.MAGIC;
        }
    }

    /**
     * What the superblock says.
     *
     * @param inodes names may be more
     * @param sizeInBytes of all that belongs to the image, without padding
     */
    public record Facts(
            Compression compression,
            int blockSizeInBytes,
            long inodes,
            long sizeInBytes,
            long modificationSeconds,
            boolean hasXattrs) {}

    public Facts facts() {
        return new Facts(
                compression,
                superblock.blockSize(),
                superblock.inodes(),
                superblock.bytesUsed(),
                superblock.modificationSeconds(),
                xattrs.isPresent());
    }

    /** The whole tree; names of one inode share its node. */
    public synchronized FileTree readTree() throws IOException {
        return new TreeReader().read();
    }

    /**
     * One file by its path from the root, without reading more than the directories on the way; never follows symbolic
     * links. A directory comes without its children.
     *
     * @param path names separated by "/"; a leading "/" changes nothing
     */
    public Optional<FileNode> lookup(String path) throws IOException {
        List<EntryName> names = new ArrayList<>();
        for (String name : path.split("/", -1)) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0) {
                if (!EntryName.isValid(bytes, 0, bytes.length)) {
                    return Optional.empty();
                }
                names.add(EntryName.of(bytes));
            }
        }
        return lookup(names);
    }

    /** As {@link #lookup(String)}, for names that no text can hold. */
    public synchronized Optional<FileNode> lookup(List<EntryName> names) throws IOException {
        InodeReader.Inode inode = inodes.read(superblock.rootReference());
        for (EntryName name : names) {
            if (!(inode instanceof InodeReader.Inode.Directory directory)) {
                return Optional.empty();
            }
            List<Long> found = new ArrayList<>(1);
            directories.read(directory, (entry, type, reference) -> {
                if (entry.equals(name)) {
                    found.add(reference);
                }
                return entry.compareTo(name) < 0;
            });
            if (found.isEmpty()) {
                return Optional.empty();
            }
            inode = inodes.read(found.get(0));
        }
        return Optional.of(
                inode instanceof InodeReader.Inode.Leaf leaf
                        ? leaf.node()
                        : new FileNode.Directory(inode.metadata(), Map.of()));
    }

    /** The root directory, which is where looking around without {@link #readTree} begins. */
    public synchronized SquashfsInode root() throws IOException {
        InodeReader.Inode inode = inodes.read(superblock.rootReference());
        if (!(inode instanceof InodeReader.Inode.Directory)) {
            throw file.corrupt(32, "the root is no directory");
        }
        return new SquashfsInode(superblock.rootReference(), inode);
    }

    /** Takes the names of one directory in ascending order. */
    public interface ListingVisitor {

        /**
         * @param reference for {@link #inode}
         * @return whether to go on
         */
        boolean entry(EntryName name, long reference) throws IOException;
    }

    /** Reads the listing of one directory and nothing below it. */
    public synchronized void list(SquashfsInode directory, ListingVisitor visitor) throws IOException {
        directories.read(directory.directory(), (name, type, reference) -> visitor.entry(name, reference));
    }

    public synchronized SquashfsInode inode(long reference) throws IOException {
        return new SquashfsInode(reference, inodes.read(reference));
    }

    /** Where the bytes of a content of this image lie, and how many there are. */
    public StoredExtent stored(FileContent content) throws IOException {
        SquashfsContent known = (SquashfsContent) content;
        StoredContent.Location location = known.location();
        long blockBytes = 0;
        for (int i = 0; i < location.blocks(); i++) {
            blockBytes += location.sizeWord(i) & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
        }
        if (!known.hasFragment()) {
            return new StoredExtent(location.start(), blockBytes, -1, 0, 0);
        }
        long tail = known.sizeInBytes() % superblock.blockSize();
        long share = (fragment(location.fragment()).storedSize() * tail + superblock.blockSize() - 1)
                / superblock.blockSize();
        return new StoredExtent(location.start(), blockBytes, location.fragment(), location.offsetInFragment(), share);
    }

    /** Bytes read from the file so far, as a measure of what an operation touched. */
    public long bytesRead() {
        return file.bytesRead();
    }

    /** For reading many contents; the caller closes, before this image. */
    public ContentReader contentReader() throws IOException {
        return new ContentReader(this, blockReader(), blockReader());
    }

    /** The caller closes. */
    BlockReader blockReader() throws IOException {
        return new BlockReader(file, compression);
    }

    /** See {@link ContentPiece#plan}. All contents must come from this image. */
    public List<ContentPiece> plan(List<? extends FileContent> contents) throws IOException {
        return ContentPiece.plan(this, contents);
    }

    /** Whether the content came from this image. */
    public boolean holds(FileContent content) {
        return content instanceof SquashfsContent ours && ours.isOf(this);
    }

    /** The contents as they follow each other in the file, so that reading them goes forward. All must come from this image. */
    public <T extends FileContent> List<T> inStoredOrder(List<T> contents) throws IOException {
        record Placed<C>(long position, int offset, C content) {}
        List<Placed<T>> placed = new ArrayList<>();
        for (T each : contents) {
            SquashfsContent content = (SquashfsContent) each;
            placed.add(
                    content.isInFragmentAlone()
                            ? new Placed<>(
                                    fragment(content.location().fragment()).position(),
                                    content.location().offsetInFragment(),
                                    each)
                            : new Placed<>(content.location().start(), 0, each));
        }
        placed.sort(Comparator.<Placed<T>>comparingLong(Placed::position).thenComparingInt(Placed::offset));
        return placed.stream().map(Placed::content).toList();
    }

    ImageFile file() {
        return file;
    }

    Superblock superblock() {
        return superblock;
    }

    long id(int index) throws IOException {
        Long known = knownIds.get(index);
        if (known == null) {
            known = LittleEndian.u32(ids.entry(index), 0);
            knownIds.put(index, known);
        }
        return known;
    }

    Xattrs xattrs(long number) throws IOException {
        if (number == SquashfsFormat.ABSENT_32) {
            return Xattrs.NONE;
        }
        if (xattrs.isEmpty()) {
            throw file.corrupt(56, "an inode has extended attributes, the image has no table of them");
        }
        return xattrs.get().set(number);
    }

    /** A fragment block's place. */
    record FragmentPlace(long position, int storedSize, boolean compressed) {

        java.nio.ByteBuffer read(BlockReader blocks, int blockSize) throws IOException {
            return blocks.read(position, storedSize, compressed, blockSize);
        }
    }

    synchronized FragmentPlace fragment(long number) throws IOException {
        byte[] entry = fragments.entry(number);
        long position = LittleEndian.i64(entry, 0);
        long word = LittleEndian.u32(entry, 8);
        long size = word & ~SquashfsFormat.DATA_STORED_UNCOMPRESSED;
        if (size == 0
                || size > superblock.blockSize()
                || position < SquashfsFormat.SUPERBLOCK_SIZE
                || position > superblock.inodeTable() - size) {
            throw file.corrupt(
                    superblock.fragmentTable(), "fragment " + number + " lies at " + position + " with size " + size);
        }
        return new FragmentPlace(position, (int) size, (word & SquashfsFormat.DATA_STORED_UNCOMPRESSED) == 0);
    }

    @Override
    public void close() throws IOException {
        metadataBlocks.close();
        file.close();
    }

    /** Reads all directories, parents first, then builds them, children first: any depth, no recursion. */
    private final class TreeReader {

        private final Map<Long, FileNode> nodes = new HashMap<>();
        private final Map<Long, Pending> pending = new HashMap<>();
        private final List<Pending> order = new ArrayList<>();
        private long names;

        /** A directory whose children are being collected. */
        private static final class Pending {

            private final InodeReader.Inode.Directory inode;
            private final long reference;
            private final List<EntryName> names = new ArrayList<>();
            private final List<Long> references = new ArrayList<>();

            private Pending(InodeReader.Inode.Directory inode, long reference) {
                this.inode = inode;
                this.reference = reference;
            }
        }

        private FileTree read() throws IOException {
            InodeReader.Inode root = inodes.read(superblock.rootReference());
            if (!(root instanceof InodeReader.Inode.Directory directory)) {
                throw file.corrupt(32, "the root is no directory");
            }
            enqueue(directory, superblock.rootReference());
            for (int next = 0; next < order.size(); next++) {
                list(order.get(next));
            }
            for (int i = order.size() - 1; i >= 0; i--) {
                build(order.get(i));
            }
            return new FileTree((FileNode.Directory) nodes.get(superblock.rootReference()));
        }

        /** A directory with two names would be a loop, or a tree without end. */
        private void enqueue(InodeReader.Inode.Directory directory, long reference) throws IOException {
            Pending entry = new Pending(directory, reference);
            if (pending.put(reference, entry) != null) {
                throw file.corrupt(superblock.inodeTable(), "a directory has two names");
            }
            order.add(entry);
        }

        private void list(Pending directory) throws IOException {
            directories.read(directory.inode, (name, type, reference) -> {
                if (++names > MAX_NAMES) {
                    throw file.corrupt(superblock.directoryTable(), "the tree has more than " + MAX_NAMES + " names");
                }
                add(type, reference);
                directory.names.add(name);
                directory.references.add(reference);
                return true;
            });
        }

        private void add(int type, long reference) throws IOException {
            FileNode known = nodes.get(reference);
            int found;
            if (known == null) {
                InodeReader.Inode inode = inodes.read(reference);
                found = inode.basicType();
                if (inode instanceof InodeReader.Inode.Directory child) {
                    enqueue(child, reference);
                } else if (inode instanceof InodeReader.Inode.Leaf leaf) {
                    nodes.put(reference, leaf.node());
                }
                if (nodes.size() + order.size() > superblock.inodes()) {
                    throw file.corrupt(0, "the tree has more inodes than the superblock counts");
                }
            } else {
                found = InodeTable.basicType(known);
            }
            if (found != type) {
                throw file.corrupt(
                        superblock.directoryTable(), "an entry names type " + type + ", its inode has " + found);
            }
        }

        private void build(Pending directory) {
            TreeMap<EntryName, FileNode> children = new TreeMap<>();
            for (int i = 0; i < directory.names.size(); i++) {
                children.put(directory.names.get(i), nodes.get(directory.references.get(i)));
            }
            nodes.put(directory.reference, new FileNode.Directory(directory.inode.metadata(), children));
        }
    }
}

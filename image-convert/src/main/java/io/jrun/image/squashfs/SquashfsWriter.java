package io.jrun.image.squashfs;

import io.jrun.image.squashfs.SquashfsReuse.Earlier;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.RootfsWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Writes a squashfs 4.0 image that the kernel mounts. The same contents in the same order, the same tree and the same
 * options give the same bytes, whatever the number of threads.
 *
 * <p>Contents are stored by one thread and compressed by {@code threads} others; files shorter than a block share
 * fragment blocks, longer ones end in a short block; equal contents are stored once, blocks of zeros not at all.
 * Memory: see {@link DataBlockWriter}; {@link #finish} adds the compressed directory listings, and per inode about 100
 * bytes beside the tree's own.
 *
 * <p>The file at {@code output} is created or emptied at once, and complete only when {@link #finish} has returned.
 */
public final class SquashfsWriter implements RootfsWriter {

    private final SquashfsOptions options;
    private final ImageOutput out;
    private final CompressionPool pool;
    private final DataBlockWriter data;
    private final SquashfsReuse reuse;
    private boolean usable = true;
    private long droppedXattrs;
    private long clampedTimes;

    public SquashfsWriter(Path output, SquashfsOptions options) throws IOException {
        this(ImageOutput.create(output), options);
    }

    /** One that takes nothing over from earlier image files; what it writes can be taken over later. */
    public static SquashfsWriter fromScratch(Path output, SquashfsOptions options) throws IOException {
        return new SquashfsWriter(ImageOutput.create(output), options, Earlier.IGNORED);
    }

    /** Takes over {@code out}. */
    SquashfsWriter(ImageOutput out, SquashfsOptions options) throws IOException {
        this(out, options, Earlier.USED);
    }

    private SquashfsWriter(ImageOutput out, SquashfsOptions options, Earlier earlier) throws IOException {
        this.options = options;
        this.out = out;
        try {
            out.write(new byte[SquashfsFormat.SUPERBLOCK_SIZE]);
            out.write(compressorOptions());
        } catch (IOException e) {
            out.close();
            throw e;
        }
        this.pool = new CompressionPool(options);
        this.data = new DataBlockWriter(options, pool, out);
        this.reuse = new SquashfsReuse(options, data, earlier);
    }

    /** What {@link ContentReuse#dialect} of a writer with such options is. */
    public static String dialect(Compression compression, int level, int blockSizeInBytes) {
        return SquashfsReuse.dialect(compression, level, blockSizeInBytes);
    }

    @Override
    public FileContent store(InputStream content, long sizeInBytes) throws IOException {
        if (sizeInBytes < 0) {
            throw new IllegalArgumentException("negative size: " + sizeInBytes);
        }
        use();
        FileContent stored = data.store(content, sizeInBytes);
        usable = true;
        return stored;
    }

    @Override
    public void border() throws IOException {
        use();
        data.border();
        usable = true;
    }

    @Override
    public Optional<ContentReuse> reuse() {
        data.noteDigests();
        return Optional.of(reuse);
    }

    /** A call that fails leaves half a file behind: whoever goes on then has not looked at the failure. */
    private void use() {
        if (!usable) {
            throw new IllegalStateException("finished, closed or failed before");
        }
        usable = false;
    }

    /**
     * {@inheritDoc} Only contents that this writer stored may occur; several names of one node are hard links.
     *
     * @throws io.jrun.error.HostUnsupportedException when the tree exceeds a limit of the format
     */
    @Override
    public void finish(FileTree tree) throws IOException {
        use();
        data.finish();
        try (BlockCompressor compressor =
                BlockCompressor.open(options.compression(), options.level(), SquashfsFormat.METADATA_SIZE)) {
            out.complete(writeTables(tree.root(), compressor));
        }
    }

    /** Extended attributes that the format cannot hold, counted once per inode; known after {@link #finish}. */
    public long droppedXattrs() {
        return droppedXattrs;
    }

    /** Inodes whose time of modification the format cannot hold, so that they got the nearest; known after {@link #finish}. */
    public long clampedTimes() {
        return clampedTimes;
    }

    private Superblock writeTables(FileNode.Directory root, BlockCompressor compressor) throws IOException {
        InodeNumbers numbers = new InodeNumbers(root);
        DirectoryTable directories = new DirectoryTable(compressor);
        IdTable ids = new IdTable();
        XattrTable xattrs = new XattrTable(compressor);
        ExportTable exports = new ExportTable(numbers.count());
        LookupTableWriter tables = new LookupTableWriter(compressor);

        long inodeTable = out.position();
        InodeTable inodes =
                new InodeTable(new MetadataBlockWriter(out, compressor), ids, xattrs, exports, options.ownership());
        writeInodes(root, numbers, inodes, directories);
        inodes.finish();
        droppedXattrs = xattrs.dropped();
        clampedTimes = inodes.clampedTimes();

        long directoryTable = directories.write(out);
        long fragmentTable = data.fragmentTable().write(out, tables);
        long exportTable = exports.write(out, tables);
        long idTable = ids.write(out, tables);
        long xattrTable = xattrs.write(out, tables);
        return new Superblock(
                numbers.count(),
                options.modificationSeconds(),
                options.blockSizeInBytes(),
                data.fragmentTable().count(),
                options.compression().id(),
                flags(xattrTable != SquashfsFormat.ABSENT),
                ids.count(),
                numbers.of(root).reference(),
                out.position(),
                idTable,
                xattrTable,
                inodeTable,
                directoryTable,
                fragmentTable,
                exportTable);
    }

    /**
     * Deepest directories first, because a listing names places of inodes and a directory's inode the place of its
     * listing. All inodes of one directory lie together, subdirectories among them, so that few headers are needed.
     */
    private static void writeInodes(
            FileNode.Directory root, InodeNumbers numbers, InodeTable inodes, DirectoryTable directories)
            throws IOException {
        List<FileNode.Directory> parentsFirst = numbers.directories();
        for (int i = parentsFirst.size() - 1; i >= 0; i--) {
            FileNode.Directory directory = parentsFirst.get(i);
            for (FileNode child : directory.children().values()) {
                InodeNumbers.Inode inode = numbers.of(child);
                if (!inode.isWritten()) {
                    inodes.add(child, inode);
                }
            }
            numbers.of(directory).listedAs(directories.add(directory, numbers));
        }
        inodes.add(root, numbers.of(root));
    }

    private int flags(boolean hasXattrs) {
        int flags = SquashfsFormat.FLAG_EXPORTABLE | SquashfsFormat.FLAG_DUPLICATES_SHARED;
        if (!hasXattrs) {
            flags |= SquashfsFormat.FLAG_NO_XATTRS;
        }
        if (CompressorOptions.record(options.compression(), options.level()).length > 0) {
            flags |= SquashfsFormat.FLAG_COMPRESSOR_OPTIONS;
        }
        if (options.compression() == Compression.NONE) {
            flags |= SquashfsFormat.FLAG_UNCOMPRESSED_INODES
                    | SquashfsFormat.FLAG_UNCOMPRESSED_DATA
                    | SquashfsFormat.FLAG_UNCOMPRESSED_FRAGMENTS
                    | SquashfsFormat.FLAG_UNCOMPRESSED_XATTRS
                    | SquashfsFormat.FLAG_UNCOMPRESSED_IDS;
        }
        return flags;
    }

    /** An uncompressed metadata block behind the superblock, or nothing. */
    private byte[] compressorOptions() throws IOException {
        byte[] record = CompressorOptions.record(options.compression(), options.level());
        if (record.length == 0) {
            return record;
        }
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        try (BlockCompressor stored = BlockCompressor.open(Compression.NONE, 0, record.length)) {
            MetadataBlockWriter writer = new MetadataBlockWriter(block, stored);
            writer.write(record);
            writer.finish();
        }
        return block.toByteArray();
    }

    /** Ends all work and leaves the file open, and as it is: for locks that closing it would drop. */
    public void stop() {
        usable = false;
        data.close();
        pool.close();
    }

    @Override
    public void close() throws IOException {
        stop();
        try (out) {
            reuse.close();
        }
    }
}

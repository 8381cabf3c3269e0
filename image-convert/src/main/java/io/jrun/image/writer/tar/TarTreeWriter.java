package io.jrun.image.writer.tar;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Writes a tree as a tar: each directory before what it holds, names in byte order, the root as {@code ./}. The same tree
 * gives the same bytes. Nothing of the host and of the time of writing is in it: no names of owners, no atime, no ctime.
 *
 * <p>ustar headers, and PAX records only for what does not fit there: long names, large ids, sizes from 8 GiB, times
 * before 1970 or with fractions, extended attributes (as SCHILY.xattr, byte for byte), sparse files (GNU's PAX format
 * 1.0). A further name of an inode is a hard link to the first. Sockets do not exist in tar: they are empty files with
 * star's record of their type, which our reader knows, and counted, since most others see the files.
 *
 * <p>Source: POSIX.1-2017, pax; GNU tar manual, "Storing Sparse Files"; star(5), SCHILY.xattr, SCHILY.filetype.
 */
public final class TarTreeWriter {

    /** Fewer bytes of holes than this are written out: the map takes a block or two itself. */
    private static final long SPARSE_PAYS_FROM_BYTES = 64 * 1024;

    private static final byte[] END = new byte[2 * TarHeaderBlock.SIZE];

    private final OutputStream out;
    private final ContentSource contents;
    private final UnaryOperator<Metadata> owners;
    private final IdentityHashMap<FileNode, byte[]> firstNames = new IdentityHashMap<>();
    private final byte[] buffer = new byte[128 * 1024];
    private long sockets;

    /**
     * @param out buffered; stays open
     * @param owners may give every inode another owner
     */
    public TarTreeWriter(OutputStream out, ContentSource contents, UnaryOperator<Metadata> owners) {
        this.out = out;
        this.contents = contents;
        this.owners = owners;
    }

    /** Called once; all contents are the source's. */
    public void write(FileTree tree) throws IOException {
        writeEntry(new byte[] {'.', '/'}, tree.root());
        writeBelowRoot(tree);
    }

    /** The same without an entry for the root. */
    public void writeBelowRoot(FileTree tree) throws IOException {
        writeChildren(new byte[0], tree.root());
        out.write(END);
    }

    /** How many were written as empty files; a further name of one is none more. */
    public long sockets() {
        return sockets;
    }

    private void writeChildren(byte[] prefix, FileNode.Directory directory) throws IOException {
        for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedIOException("interrupted while a tar was written");
            }
            byte[] path = join(prefix, child.getKey());
            if (child.getValue() instanceof FileNode.Directory inner) {
                byte[] withSlash = java.util.Arrays.copyOf(path, path.length + 1);
                withSlash[path.length] = '/';
                writeEntry(withSlash, inner);
                writeChildren(withSlash, inner);
            } else {
                writeLeaf(path, child.getValue());
            }
        }
    }

    private static byte[] join(byte[] prefix, EntryName name) {
        ByteArrayOutputStream path = new ByteArrayOutputStream(prefix.length + name.length());
        path.writeBytes(prefix);
        path.writeBytes(name.toBytes());
        return path.toByteArray();
    }

    private void writeLeaf(byte[] path, FileNode node) throws IOException {
        byte[] first = firstNames.putIfAbsent(node, path);
        if (first != null) {
            writeHardLink(path, first, node.metadata());
        } else {
            writeEntry(path, node);
        }
    }

    private void writeHardLink(byte[] path, byte[] target, Metadata metadata) throws IOException {
        TarHeaderBlock header = new TarHeaderBlock('1');
        PaxRecords records = new PaxRecords();
        name(header, records, path);
        linkName(header, records, target);
        describe(header, records, metadata);
        writeHeader(header, records, path);
    }

    private void writeEntry(byte[] path, FileNode node) throws IOException {
        if (node instanceof FileNode.RegularFile file) {
            writeFile(path, file);
            return;
        }
        TarHeaderBlock header = new TarHeaderBlock(type(node));
        PaxRecords records = new PaxRecords();
        name(header, records, path);
        if (node instanceof FileNode.SymbolicLink link) {
            linkName(header, records, link.target());
        } else if (node instanceof FileNode.Device device) {
            header.device(device.major(), device.minor());
        } else if (node instanceof FileNode.Socket) {
            records.add("SCHILY.filetype", "socket");
            sockets++;
        }
        describeWithXattrs(header, records, node.metadata());
        writeHeader(header, records, path);
    }

    private static char type(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return '5';
        } else if (node instanceof FileNode.SymbolicLink) {
            return '2';
        } else if (node instanceof FileNode.Device device) {
            return device.kind() == FileNode.DeviceKind.CHARACTER ? '3' : '4';
        } else if (node instanceof FileNode.Socket) {
            return '0';
        }
        return '6';
    }

    private void writeFile(byte[] path, FileNode.RegularFile file) throws IOException {
        FileContent content = file.content();
        List<DataExtent> extents = wholeBlocks(contents.dataExtents(content), content.sizeInBytes());
        long data = extents.stream().mapToLong(DataExtent::length).sum();
        boolean sparse = content.sizeInBytes() - data >= SPARSE_PAYS_FROM_BYTES;
        TarHeaderBlock header = new TarHeaderBlock('0');
        PaxRecords records = new PaxRecords();
        byte[] map = new byte[0];
        long size = content.sizeInBytes();
        if (sparse) {
            // As GNU tar does, an extent without data tells where the file ends.
            List<DataExtent> listed = new ArrayList<>(extents);
            listed.add(new DataExtent(size, 0));
            map = PaxRecords.sparseMap(listed);
            records.addSparse(path, size);
            size = map.length + data;
            header.name(sparseName(path));
        } else {
            name(header, records, path);
            extents = size == 0 ? List.of() : List.of(new DataExtent(0, size));
        }
        if (!header.size(size)) {
            records.add("size", Long.toString(size));
        }
        describeWithXattrs(header, records, file.metadata());
        writeHeader(header, records, path);
        out.write(map);
        writeData(path, content, extents);
        pad(size);
    }

    /** GNU tar begins to read each extent at a new block, so all but the last must fill theirs. */
    private static List<DataExtent> wholeBlocks(List<DataExtent> extents, long sizeInBytes) {
        List<DataExtent> whole = new ArrayList<>();
        for (DataExtent extent : extents) {
            long from = extent.offset() / TarHeaderBlock.SIZE * TarHeaderBlock.SIZE;
            long to = Math.min(sizeInBytes, TarHeaderBlock.padded(extent.offset() + extent.length()));
            if (!whole.isEmpty()) {
                DataExtent last = whole.get(whole.size() - 1);
                if (last.offset() + last.length() >= from) {
                    from = last.offset();
                    whole.remove(whole.size() - 1);
                }
            }
            whole.add(new DataExtent(from, to - from));
        }
        return whole;
    }

    /** What readers without the sparse format show. */
    private static byte[] sparseName(byte[] path) {
        int slash = path.length - 1;
        while (slash >= 0 && path[slash] != '/') {
            slash--;
        }
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        name.write(path, 0, slash + 1);
        name.writeBytes("GNUSparseFile.0/".getBytes(StandardCharsets.US_ASCII));
        name.write(path, slash + 1, path.length - slash - 1);
        return name.toByteArray();
    }

    private void writeData(byte[] path, FileContent content, List<DataExtent> extents) throws IOException {
        if (extents.isEmpty()) {
            return;
        }
        try (InputStream in = contents.open(content)) {
            long at = 0;
            for (DataExtent extent : extents) {
                in.skipNBytes(extent.offset() - at);
                copy(in, extent.length(), path);
                at = extent.offset() + extent.length();
            }
        } catch (EOFException early) {
            throw endedEarly(path, early);
        }
    }

    private void copy(InputStream in, long length, byte[] path) throws IOException {
        long left = length;
        while (left > 0) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw endedEarly(path, new EOFException(left + " bytes are missing"));
            }
            out.write(buffer, 0, count);
            left -= count;
        }
    }

    private static CorruptDataException endedEarly(byte[] path, EOFException cause) {
        return new CorruptDataException(
                Failure.of("read " + ByteText.escape(path), "it is shorter than its size says"), cause);
    }

    private static void name(TarHeaderBlock header, PaxRecords records, byte[] path) {
        if (!header.name(path)) {
            records.addName("path", path);
        }
    }

    private static void linkName(TarHeaderBlock header, PaxRecords records, byte[] target) {
        if (!header.linkName(target)) {
            records.addName("linkpath", target);
        }
    }

    private void describe(TarHeaderBlock header, PaxRecords records, Metadata recorded) {
        Metadata metadata = owners.apply(recorded);
        header.mode(metadata.permissions());
        if (!header.uid(metadata.uid())) {
            records.add("uid", Long.toString(metadata.uid()));
        }
        if (!header.gid(metadata.gid())) {
            records.add("gid", Long.toString(metadata.gid()));
        }
        boolean fits = header.mtime(metadata.mtimeSeconds());
        if (!fits || metadata.mtimeNanos() != 0) {
            records.add("mtime", time(metadata.mtimeSeconds(), metadata.mtimeNanos()));
        }
    }

    private void describeWithXattrs(TarHeaderBlock header, PaxRecords records, Metadata metadata) {
        describe(header, records, metadata);
        for (Map.Entry<String, ByteBuffer> xattr : metadata.xattrs().values().entrySet()) {
            records.addXattr(xattr.getKey(), xattr.getValue());
        }
    }

    /** -1.5 is 1.5 s before the epoch, which is kept as second -2 and 500,000,000 ns. */
    static String time(long seconds, int nanos) {
        if (nanos == 0) {
            return Long.toString(seconds);
        }
        boolean negative = seconds < 0;
        long whole = negative ? -(seconds + 1) : seconds;
        int fraction = negative ? 1_000_000_000 - nanos : nanos;
        String digits = String.format(Locale.ROOT, "%09d", fraction).replaceFirst("0+$", "");
        return (negative ? "-" : "") + whole + "." + digits;
    }

    private void writeHeader(TarHeaderBlock header, PaxRecords records, byte[] path) throws IOException {
        if (!records.isEmpty()) {
            byte[] content = records.toBytes();
            TarHeaderBlock extended = new TarHeaderBlock('x');
            extended.mode(0644);
            extended.size(content.length);
            extended.name(extendedName(path));
            out.write(extended.toBytes());
            out.write(content);
            pad(content.length);
        }
        out.write(header.toBytes());
    }

    /** A name for readers that take the extended header for a file. */
    private static byte[] extendedName(byte[] path) {
        ByteArrayOutputStream name = new ByteArrayOutputStream();
        name.writeBytes("PaxHeaders/".getBytes(StandardCharsets.US_ASCII));
        int from = path.length;
        while (from > 0 && (from == path.length || path[from - 1] != '/') && path.length - from < 80) {
            from--;
        }
        name.write(path, from, path.length - from);
        return name.toByteArray();
    }

    private void pad(long size) throws IOException {
        out.write(END, 0, (int) (TarHeaderBlock.padded(size) - size));
    }
}

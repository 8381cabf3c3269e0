package io.jrun.image.directory;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import io.jrun.posix.ByteString;
import io.jrun.posix.DirectoryEntry;
import io.jrun.posix.Errno;
import io.jrun.posix.FileStatus;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import io.jrun.posix.PosixReading;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A directory of the host that is open for reading as a tree, with hard links, attributes, devices and holes. Symbolic
 * links are never followed, other file systems never entered. Contents stay readable until {@link #close}, each as it was
 * when the tree was read, or its reading fails. For one thread.
 */
public final class HostDirectory implements Closeable {

    /** As deep as layers may be; lets every reader of the tree recurse. */
    private static final int MAX_DEPTH = 1_024;

    /** Namespaces of attributes that belong to a file wherever it lies; "system" holds the host's access lists. */
    private static final List<String> KEPT_NAMESPACES = List.of("user.", "trusted.", "security.");

    /** A policy of this host and not of the tree. */
    private static final String HOST_LABEL = "security.selinux";

    /** What was left out, told once at the end. */
    public enum Notice {
        OTHER_FILE_SYSTEM("directories are mount points of other file systems and were left empty"),
        XATTR_NAMESPACE("extended attributes outside of user, trusted and security were left out"),
        HOST_LABELS("security labels of this host (SELinux) were left out");

        private final String text;

        Notice(String text) {
            this.text = text;
        }

        /** In the plural, lower case, without a full stop. */
        public String text() {
            return text;
        }
    }

    /** Which inode a name belongs to. */
    private record InodeKey(long device, long inode) {}

    private final Posix posix;
    private final PosixReading reading;
    private final String path;
    private final int root;
    private final OpenDirectories directories;
    private final Map<InodeKey, FileNode> linked = new HashMap<>();
    private final Map<Notice, Long> notices = new EnumMap<>(Notice.class);
    private final Map<Xattrs, Xattrs> knownXattrs = new HashMap<>();
    private long entries;

    private HostDirectory(Posix posix, PosixReading reading, String path, int root) {
        this.posix = posix;
        this.reading = reading;
        this.path = path;
        this.root = root;
        this.directories = new OpenDirectories(posix, root);
    }

    /** The caller closes. A symbolic link as the last name is not followed; give a path that ends in "/." to do so. */
    public static HostDirectory open(Posix posix, PosixReading reading, ByteString path) throws JrunException {
        try {
            int root = posix.openat(Posix.WORKING_DIRECTORY, path.toBytes(), Posix.OpenMode.DIRECTORY, 0);
            return new HostDirectory(posix, reading, path.toString(), root);
        } catch (PosixException e) {
            throw e.during("read the directory " + path.toString().replaceFirst("/[.]$", ""));
        }
    }

    /**
     * The whole tree; called once.
     *
     * @param maxEntries more are refused
     */
    public FileTree readTree(long maxEntries) throws IOException {
        try {
            FileStatus status = reading.fstat(root);
            return new FileTree(readDirectory(ScannedDirectory.root(), status, status.device(), maxEntries));
        } catch (PosixException e) {
            throw e.during("read the directory " + path);
        }
    }

    /** What the tree lacks, with its count; complete after {@link #readTree}. */
    public Map<Notice, Long> notices() {
        return Collections.unmodifiableMap(notices);
    }

    private FileNode.Directory readDirectory(
            ScannedDirectory directory, FileStatus status, long device, long maxEntries) throws IOException {
        if (directory.depth() > MAX_DEPTH) {
            throw new UsageException(
                    Failure.of("read the directory " + path, "it is deeper than " + MAX_DEPTH + " directories"));
        }
        Map<EntryName, FileNode> children = new TreeMap<>();
        if (status.device() != device) {
            count(Notice.OTHER_FILE_SYSTEM);
            return new FileNode.Directory(metadata(directory, new byte[] {'.'}, status), children);
        }
        for (EntryName name : names(directory)) {
            if (++entries > maxEntries) {
                throw new UsageException(
                        Failure.of("read the directory " + path, "it holds more than " + maxEntries + " files")
                                .hint("raise the limit with --max-entries"));
            }
            try {
                children.put(name, readEntry(directory, name, device, maxEntries));
            } catch (PosixException e) {
                throw e.during("read " + directory.pathOf(name.toBytes()));
            }
        }
        return new FileNode.Directory(metadata(directory, new byte[] {'.'}, status), children);
    }

    /** In byte order, so that the order of contents is the same everywhere. */
    private List<EntryName> names(ScannedDirectory directory) throws IOException {
        try {
            int descriptor = posix.openat(directories.of(directory), new byte[] {'.'}, Posix.OpenMode.DIRECTORY, 0);
            List<EntryName> names = new ArrayList<>();
            try {
                List<DirectoryEntry> some = posix.getdents(descriptor);
                while (!some.isEmpty()) {
                    some.forEach(entry -> names.add(EntryName.of(entry.name().toBytes())));
                    some = posix.getdents(descriptor);
                }
            } finally {
                posix.close(descriptor);
            }
            Collections.sort(names);
            return names;
        } catch (PosixException e) {
            throw e.during("list " + directory.pathOf(new byte[0]));
        }
    }

    private FileNode readEntry(ScannedDirectory directory, EntryName entryName, long device, long maxEntries)
            throws IOException, PosixException {
        byte[] name = entryName.toBytes();
        FileStatus status = reading.statx(directories.of(directory), name);
        if (status.kind() == FileStatus.Kind.DIRECTORY) {
            return readDirectory(directory.child(entryName), status, device, maxEntries);
        }
        InodeKey key = new InodeKey(status.device(), status.inode());
        FileNode known = status.links() > 1 ? linked.get(key) : null;
        if (known != null) {
            return known;
        }
        FileNode node = readLeaf(directory, name, status);
        if (status.links() > 1) {
            linked.put(key, node);
        }
        return node;
    }

    private FileNode readLeaf(ScannedDirectory directory, byte[] name, FileStatus status)
            throws IOException, PosixException {
        Metadata metadata = metadata(directory, name, status);
        return switch (status.kind()) {
            case SYMBOLIC_LINK ->
                new FileNode.SymbolicLink(metadata, reading.readlinkat(directories.of(directory), name));
            case CHARACTER_DEVICE ->
                new FileNode.Device(
                        metadata, FileNode.DeviceKind.CHARACTER, status.deviceMajor(), status.deviceMinor());
            case BLOCK_DEVICE ->
                new FileNode.Device(metadata, FileNode.DeviceKind.BLOCK, status.deviceMajor(), status.deviceMinor());
            case FIFO -> new FileNode.Fifo(metadata);
            case SOCKET -> new FileNode.Socket(metadata);
            default -> new FileNode.RegularFile(metadata, new HostContent(this, directory, name, status));
        };
    }

    private Metadata metadata(ScannedDirectory directory, byte[] name, FileStatus status) throws IOException {
        try {
            return new Metadata(
                    status.permissions(),
                    status.uid(),
                    status.gid(),
                    status.mtimeSeconds(),
                    status.mtimeNanos(),
                    xattrs(directory, name));
        } catch (PosixException e) {
            throw e.during("read the attributes of " + directory.pathOf(name));
        }
    }

    private Xattrs xattrs(ScannedDirectory directory, byte[] name) throws PosixException {
        byte[] file = ByteString.of("/proc/self/fd/" + directories.of(directory) + "/")
                .plus(ByteString.of(name))
                .toBytes();
        List<ByteString> names = reading.llistxattr(file);
        if (names.isEmpty()) {
            return Xattrs.NONE;
        }
        Map<String, ByteBuffer> values = new TreeMap<>();
        for (ByteString attribute : names) {
            Optional<String> kept = keptName(attribute);
            if (kept.isPresent()) {
                reading.lgetxattr(file, attribute).ifPresent(value -> values.put(kept.get(), ByteBuffer.wrap(value)));
            }
        }
        Xattrs found = new Xattrs(values);
        return knownXattrs.computeIfAbsent(found, each -> each);
    }

    private Optional<String> keptName(ByteString attribute) {
        if (attribute.equals(ByteString.of(HOST_LABEL))) {
            count(Notice.HOST_LABELS);
            return Optional.empty();
        }
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(attribute.toBytes()))
                    .toString();
            if (KEPT_NAMESPACES.stream().anyMatch(text::startsWith)) {
                return Optional.of(text);
            }
        } catch (CharacterCodingException noText) {
            // Counted with the others: no format keeps it.
        }
        count(Notice.XATTR_NAMESPACE);
        return Optional.empty();
    }

    private void count(Notice notice) {
        notices.merge(notice, 1L, Long::sum);
    }

    PosixReading reading() {
        return reading;
    }

    /** The descriptor of the same file that was seen before; the caller closes it. */
    int openFile(ScannedDirectory directory, byte[] name, FileStatus seen) throws JrunException {
        try {
            int descriptor = posix.openat(directories.of(directory), name, Posix.OpenMode.READ, 0);
            FileStatus found = reading.fstat(descriptor);
            boolean same = found.inode() == seen.inode()
                    && found.sizeInBytes() == seen.sizeInBytes()
                    && found.mtimeSeconds() == seen.mtimeSeconds()
                    && found.mtimeNanos() == seen.mtimeNanos();
            if (!same) {
                posix.close(descriptor);
                throw new StorageException(Failure.of("read " + directory.pathOf(name), "it has changed meanwhile")
                        .hint("convert a directory that nobody writes to"));
            }
            return descriptor;
        } catch (PosixException e) {
            if (e.is(Errno.EACCES)) {
                throw new io.jrun.error.DeniedException(
                        Failure.of("read " + directory.pathOf(name), "this user may not read it (EACCES)")
                                .hint("chmod u+r it, or convert the directory as its owner"),
                        e);
            }
            throw e.during("read " + directory.pathOf(name));
        }
    }

    void close(int descriptor) throws JrunException {
        try {
            posix.close(descriptor);
        } catch (PosixException e) {
            throw e.during("close a file of " + path);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            directories.close();
            posix.close(root);
        } catch (PosixException e) {
            throw e.during("close the directory " + path);
        }
    }
}

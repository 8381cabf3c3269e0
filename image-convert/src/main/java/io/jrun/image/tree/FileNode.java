package io.jrun.image.tree;

import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * One inode. Several names that hold the same instance are hard links of it; equality is identity. Source: inode(7).
 */
public abstract sealed class FileNode {

    private final Metadata metadata;

    private FileNode(Metadata metadata) {
        this.metadata = metadata;
    }

    public final Metadata metadata() {
        return metadata;
    }

    public static final class Directory extends FileNode {

        private final SortedMap<EntryName, FileNode> children;

        /** @param children by name; copied */
        public Directory(Metadata metadata, Map<EntryName, FileNode> children) {
            super(metadata);
            this.children = NameMap.copyOf(children);
        }

        /** Children in ascending byte order of their names; unmodifiable, without "." and "..". */
        public SortedMap<EntryName, FileNode> children() {
            return children;
        }

        public Optional<FileNode> child(String name) {
            return Optional.ofNullable(children.get(EntryName.of(name)));
        }

        /** Follows plain names separated by "/", never symbolic links. */
        public Optional<FileNode> descendant(String path) {
            Optional<FileNode> node = Optional.of(this);
            Iterator<String> names = java.util.Arrays.asList(path.split("/")).iterator();
            while (names.hasNext() && node.isPresent()) {
                String name = names.next();
                node = node.get() instanceof Directory directory ? directory.child(name) : Optional.empty();
            }
            return node;
        }
    }

    public static final class RegularFile extends FileNode {

        private final FileContent content;

        public RegularFile(Metadata metadata, FileContent content) {
            super(metadata);
            this.content = content;
        }

        public FileContent content() {
            return content;
        }
    }

    public static final class SymbolicLink extends FileNode {

        private final byte[] target;

        /** @param target the raw link text, 1 to 4,095 bytes, never interpreted here; copied */
        public SymbolicLink(Metadata metadata, byte[] target) {
            super(metadata);
            this.target = target.clone();
        }

        public byte[] target() {
            return target.clone();
        }
    }

    /** A character or block device. */
    public static final class Device extends FileNode {

        private final DeviceKind kind;
        private final int major;
        private final int minor;

        /**
         * @param major 0 to 4,095, as in Linux's 12 bits
         * @param minor 0 to 1,048,575, as in Linux's 20 bits
         */
        public Device(Metadata metadata, DeviceKind kind, int major, int minor) {
            super(metadata);
            if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff) {
                throw new IllegalArgumentException("device number out of range: " + major + ":" + minor);
            }
            this.kind = kind;
            this.major = major;
            this.minor = minor;
        }

        public DeviceKind kind() {
            return kind;
        }

        public int major() {
            return major;
        }

        public int minor() {
            return minor;
        }
    }

    public enum DeviceKind {
        BLOCK,
        CHARACTER
    }

    public static final class Fifo extends FileNode {
        public Fifo(Metadata metadata) {
            super(metadata);
        }
    }

    public static final class Socket extends FileNode {
        public Socket(Metadata metadata) {
            super(metadata);
        }
    }
}

package io.jrun.image.layer;

import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import java.io.IOException;

/** What one entry of a layer does to the tree, in the order of the tar. */
abstract sealed class LayerEntry {

    private final PathNode path;

    private LayerEntry(PathNode path) {
        this.path = path;
    }

    final PathNode path() {
        return path;
    }

    abstract void applyTo(Extraction tree) throws IOException;

    static final class Directory extends LayerEntry {

        private final Metadata metadata;

        Directory(PathNode path, Metadata metadata) {
            super(path);
            this.metadata = metadata;
        }

        Metadata metadata() {
            return metadata;
        }

        @Override
        void applyTo(Extraction tree) throws IOException {
            tree.apply(this);
        }
    }

    /** An explicit whiteout; the path is that of what it hides. */
    static final class Whiteout extends LayerEntry {

        Whiteout(PathNode hidden) {
            super(hidden);
        }

        @Override
        void applyTo(Extraction tree) throws IOException {
            tree.apply(this);
        }
    }

    /** An opaque whiteout; the path is that of the directory. */
    static final class OpaqueWhiteout extends LayerEntry {

        OpaqueWhiteout(PathNode directory) {
            super(directory);
        }

        @Override
        void applyTo(Extraction tree) throws IOException {
            tree.apply(this);
        }
    }

    /** A name for an inode that is no directory. */
    abstract static sealed class Name extends LayerEntry implements LiveNode {

        private final int layer;
        private boolean visible;

        private Name(PathNode path, int layer) {
            super(path);
            this.layer = layer;
        }

        /** Numbered from the top. */
        final int layer() {
            return layer;
        }

        @Override
        public final boolean isTouchedBy(int layerNumber) {
            return layer == layerNumber;
        }

        final boolean isVisible() {
            return visible;
        }

        final void markVisible() {
            visible = true;
        }

        abstract Inode inode();
    }

    /** A file of its own: regular, symbolic link, device, fifo. */
    static sealed class Inode extends Name {

        private FileNode node;
        private boolean needed;

        Inode(PathNode path, int layer, FileNode node) {
            super(path, layer);
            this.node = node;
        }

        /** Null as long as the content of a regular file was not read. */
        final FileNode node() {
            return node;
        }

        /** Whether a visible name leads here, its own or a hard link. */
        final boolean isNeeded() {
            return needed;
        }

        final void markNeeded() {
            needed = true;
        }

        @Override
        final Inode inode() {
            return this;
        }

        @Override
        void applyTo(Extraction tree) throws IOException {
            tree.apply(this);
        }
    }

    /** A regular file whose content was passed over, since an upper layer seemed to hide it. */
    static final class UnreadFile extends Inode {

        private final Metadata metadata;
        private final int ordinal;
        private final int fileNumber;
        private final long sizeInBytes;

        /**
         * @param ordinal of the entry in its layer, from 0
         * @param fileNumber of the entry among the regular files of its layer, from 0
         */
        UnreadFile(PathNode path, int layer, Metadata metadata, int ordinal, int fileNumber, long sizeInBytes) {
            super(path, layer, null);
            this.metadata = metadata;
            this.ordinal = ordinal;
            this.fileNumber = fileNumber;
            this.sizeInBytes = sizeInBytes;
        }

        int ordinal() {
            return ordinal;
        }

        int fileNumber() {
            return fileNumber;
        }

        long sizeInBytes() {
            return sizeInBytes;
        }

        void fill(FileContent content) {
            ((Inode) this).node = new FileNode.RegularFile(metadata, content);
        }
    }

    static final class HardLink extends Name {

        private final byte[] target;
        private Inode inode;

        /** @param target as recorded; not copied */
        HardLink(PathNode path, int layer, byte[] target) {
            super(path, layer);
            this.target = target;
        }

        byte[] target() {
            return target;
        }

        void resolve(Inode found) {
            inode = found;
        }

        @Override
        Inode inode() {
            return inode;
        }

        @Override
        void applyTo(Extraction tree) throws IOException {
            tree.apply(this);
        }
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.FileNode;
import java.util.Map;

/** One inode of an open image, known without what lies below it. */
public final class SquashfsInode {

    private final long reference;
    private final InodeReader.Inode inode;
    private final FileNode node;

    SquashfsInode(long reference, InodeReader.Inode inode) {
        this.reference = reference;
        this.inode = inode;
        this.node = inode instanceof InodeReader.Inode.Leaf leaf
                ? leaf.node()
                : new FileNode.Directory(inode.metadata(), Map.of());
    }

    /** Where it lies in the inode table: the same for all names of one inode. */
    public long reference() {
        return reference;
    }

    /** A directory comes without its children. */
    public FileNode node() {
        return node;
    }

    InodeReader.Inode.Directory directory() {
        if (inode instanceof InodeReader.Inode.Directory directory) {
            return directory;
        }
        throw new IllegalArgumentException("only directories can be listed");
    }
}

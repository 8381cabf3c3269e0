package io.jrun.image.browse;

import io.jrun.image.tree.FileNode;

/** One inode of a {@link TreeView}. */
public interface ViewedFile {

    /** A directory comes without its children. */
    FileNode node();

    /** Equal for all names of one inode, and for nothing else of the same view. */
    Object identity();

    default boolean isDirectory() {
        return node() instanceof FileNode.Directory;
    }
}

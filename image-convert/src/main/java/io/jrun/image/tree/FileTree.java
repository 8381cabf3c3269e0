package io.jrun.image.tree;

/** A whole root filesystem. */
public record FileTree(FileNode.Directory root) {}

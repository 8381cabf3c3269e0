package io.jrun.image.convert;

import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A policy of ownership, for the writers that have none of their own. */
final class Owners {

    private Owners() {}

    static UnaryOperator<Metadata> rule(OwnershipPolicy policy) {
        return policy == OwnershipPolicy.ALL_ROOT
                ? old -> new Metadata(old.permissions(), 0, 0, old.mtimeSeconds(), old.mtimeNanos(), old.xattrs())
                : UnaryOperator.identity();
    }

    static FileTree apply(OwnershipPolicy policy, FileTree tree) {
        return policy == OwnershipPolicy.AS_RECORDED
                ? tree
                : withMetadata(tree, (node) -> rule(policy).apply(node.metadata()));
    }

    /** What a node gets instead of its metadata. */
    interface MetadataOf {
        Metadata of(FileNode node);
    }

    /** The same tree, hard links among it, with other metadata. */
    static FileTree withMetadata(FileTree tree, MetadataOf metadata) {
        return new FileTree((FileNode.Directory) copy(tree.root(), metadata, new IdentityHashMap<>()));
    }

    private static FileNode copy(FileNode node, MetadataOf metadata, IdentityHashMap<FileNode, FileNode> copies) {
        FileNode known = copies.get(node);
        if (known != null) {
            return known;
        }
        FileNode copy = copyWith(node, metadata.of(node), metadata, copies);
        copies.put(node, copy);
        return copy;
    }

    private static FileNode copyWith(
            FileNode node, Metadata with, MetadataOf metadata, IdentityHashMap<FileNode, FileNode> copies) {
        if (node instanceof FileNode.Directory directory) {
            Map<EntryName, FileNode> children = new TreeMap<>();
            directory.children().forEach((name, child) -> children.put(name, copy(child, metadata, copies)));
            return new FileNode.Directory(with, children);
        } else if (node instanceof FileNode.RegularFile file) {
            return new FileNode.RegularFile(with, file.content());
        } else if (node instanceof FileNode.SymbolicLink link) {
            return new FileNode.SymbolicLink(with, link.target());
        } else if (node instanceof FileNode.Device device) {
            return new FileNode.Device(with, device.kind(), device.major(), device.minor());
        }
        return node instanceof FileNode.Fifo ? new FileNode.Fifo(with) : new FileNode.Socket(with);
    }
}

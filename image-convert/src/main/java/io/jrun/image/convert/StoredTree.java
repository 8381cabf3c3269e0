package io.jrun.image.convert;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A tree whose contents have moved to a store: the same nodes, hard links among them, around other contents. */
final class StoredTree {

    private final FileTree tree;
    private final IdentityHashMap<FileNode, FileNode> replaced = new IdentityHashMap<>();

    StoredTree(FileTree tree) {
        this.tree = tree;
    }

    /** Each regular file once, by its content, in the order of a walk. Contents are equal only when identical. */
    Map<FileContent, FileNode.RegularFile> filesByContent() {
        Map<FileContent, FileNode.RegularFile> files = new LinkedHashMap<>();
        collect(tree.root(), files);
        return files;
    }

    private static void collect(FileNode.Directory directory, Map<FileContent, FileNode.RegularFile> files) {
        for (FileNode child : directory.children().values()) {
            if (child instanceof FileNode.Directory inner) {
                collect(inner, files);
            } else if (child instanceof FileNode.RegularFile file) {
                files.put(file.content(), file);
            }
        }
    }

    void put(FileNode.RegularFile file, FileContent stored) {
        replaced.put(file, new FileNode.RegularFile(file.metadata(), stored));
    }

    /** Every file's content must have been put. */
    FileTree tree() {
        return map(tree, node -> replaced.getOrDefault(node, node));
    }

    /** The tree with every node that is no directory replaced; called once per name, so equal results keep hard links. */
    static FileTree map(FileTree tree, UnaryOperator<FileNode> change) {
        return new FileTree(map(tree.root(), change));
    }

    private static FileNode.Directory map(FileNode.Directory directory, UnaryOperator<FileNode> change) {
        Map<EntryName, FileNode> children = new TreeMap<>();
        directory
                .children()
                .forEach((name, child) -> children.put(
                        name, child instanceof FileNode.Directory inner ? map(inner, change) : change.apply(child)));
        return new FileNode.Directory(directory.metadata(), children);
    }
}

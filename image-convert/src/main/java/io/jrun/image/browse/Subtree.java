package io.jrun.image.browse;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Reads one file with all below it as a tree of its own, hard links among them kept. */
final class Subtree implements TreeWalk.Visitor {

    private static final class Pending {
        private final EntryName name;
        private final ViewedFile file;
        private final Map<EntryName, FileNode> children = new HashMap<>();

        private Pending(EntryName name, ViewedFile file) {
            this.name = name;
            this.file = file;
        }
    }

    private final EntryName startName;
    private final int startDepth;
    private final Map<Object, FileNode> known = new HashMap<>();
    private final Map<EntryName, FileNode> top = new HashMap<>();
    private final Deque<Pending> open = new ArrayDeque<>();

    private Subtree(EntryName startName, int startDepth) {
        this.startName = startName;
        this.startDepth = startDepth;
    }

    /**
     * A root directory of the caller's with the file in it, under a name of the caller's choice.
     *
     * @param owner of the root directory
     */
    static FileTree of(TreeView view, PathResolver.Found start, EntryName name, long owner) throws IOException {
        Subtree subtree = new Subtree(name, start.path().depth());
        TreeWalk.walk(view, start, subtree);
        Metadata metadata = new Metadata(0700, owner, owner, 0, 0, Xattrs.NONE);
        return new FileTree(new FileNode.Directory(metadata, subtree.top));
    }

    @Override
    public void file(TreePath path, ViewedFile file) {
        EntryName name = path.depth() == startDepth ? startName : path.names().get(path.depth() - 1);
        if (file.isDirectory()) {
            open.push(new Pending(name, file));
        } else {
            add(name, known.computeIfAbsent(file.identity(), first -> file.node()));
        }
    }

    @Override
    public void leave(TreePath directory) {
        Pending done = open.pop();
        add(done.name, new FileNode.Directory(done.file.node().metadata(), done.children));
    }

    private void add(EntryName name, FileNode node) {
        (open.isEmpty() ? top : open.peek().children).put(name, node);
    }
}

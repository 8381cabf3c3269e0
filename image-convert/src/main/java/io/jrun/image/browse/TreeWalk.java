package io.jrun.image.browse;

import io.jrun.image.tree.EntryName;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Visits everything below one file, directories before what they hold, names in ascending order. Of the tree, only the
 * listings on the way down are in memory. A tree without end is refused.
 */
public final class TreeWalk {

    /** A path of Linux (PATH_MAX, 4,096 bytes) has no more names. */
    static final int MAX_DEPTH = 2_048;

    /** As many names as the largest tree that is ever read whole. */
    private static final long MAX_NAMES = 16L * 1024 * 1024;

    /** Takes the files in their order. */
    public interface Visitor {

        void file(TreePath path, ViewedFile file) throws IOException;

        /** Everything in that directory has been visited. */
        default void leave(TreePath directory) throws IOException {}
    }

    /** A name whose inode is not read yet. */
    record Entry(EntryName name, TreeView.Opener opener) {}

    private record Frame(TreePath path, Iterator<Entry> left) {}

    private final TreeView view;
    private final Set<Object> directories = new HashSet<>();
    private long names;

    private TreeWalk(TreeView view) {
        this.view = view;
    }

    /** Begins with the file itself. */
    public static void walk(TreeView view, PathResolver.Found start, Visitor visitor) throws IOException {
        new TreeWalk(view).run(start, visitor);
    }

    /** All names of one directory. */
    static List<Entry> entries(TreeView view, ViewedFile directory) throws IOException {
        List<Entry> entries = new ArrayList<>();
        view.list(directory, (name, opener) -> {
            if (entries.size() == MAX_NAMES) {
                throw view.impossible("a directory has more than " + MAX_NAMES + " names");
            }
            return entries.add(new Entry(name, opener));
        });
        return entries;
    }

    private void run(PathResolver.Found start, Visitor visitor) throws IOException {
        Deque<Frame> open = new ArrayDeque<>();
        visit(start.path(), start.file(), visitor, open);
        while (!open.isEmpty()) {
            Frame frame = open.peek();
            if (frame.left().hasNext()) {
                Entry entry = frame.left().next();
                if (++names > MAX_NAMES) {
                    throw view.impossible("the tree has more than " + MAX_NAMES + " names");
                }
                visit(frame.path().child(entry.name()), entry.opener().open(), visitor, open);
            } else {
                open.pop();
                visitor.leave(frame.path());
            }
        }
    }

    private void visit(TreePath path, ViewedFile file, Visitor visitor, Deque<Frame> open) throws IOException {
        visitor.file(path, file);
        if (!file.isDirectory()) {
            return;
        }
        if (!directories.add(file.identity())) {
            throw view.impossible("a directory has two names, one of them " + path);
        }
        if (path.depth() >= MAX_DEPTH) {
            throw view.impossible("directories lie deeper than " + MAX_DEPTH + " names");
        }
        open.push(new Frame(path, entries(view, file).iterator()));
    }
}

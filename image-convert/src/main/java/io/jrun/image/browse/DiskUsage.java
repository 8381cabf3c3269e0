package io.jrun.image.browse;

import io.jrun.image.squashfs.StoredExtent;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How much the files below a path hold and take. Hard links count once, where a walk in order of names meets them. */
public final class DiskUsage {

    /**
     * One file or directory with all below it.
     *
     * @param bytes of the contents of regular files and the texts of symbolic links
     * @param storedBytes what of the image file belongs to them, without metadata; files that share blocks count once,
     *     and shares of fragment blocks are estimates. On the host the same as {@code bytes}
     * @param inodes directories among them
     */
    public record Total(TreePath path, long bytes, long storedBytes, long inodes) {}

    private static final class Open {
        private long bytes;
        private long stored;
        private long inodes;
    }

    private final TreeView view;
    private final int maxDepth;
    private final int startDepth;
    private final Set<Object> counted = new HashSet<>();
    private final Deque<Open> open = new ArrayDeque<>();
    private final List<Total> totals = new ArrayList<>();

    private DiskUsage(TreeView view, int startDepth, int maxDepth) {
        this.view = view;
        this.startDepth = startDepth;
        this.maxDepth = maxDepth;
    }

    /**
     * @param maxDepth of the directories that get a line of their own, 0 for {@code start} alone
     * @return largest first
     */
    public static List<Total> below(TreeView view, PathResolver.Found start, int maxDepth) throws IOException {
        DiskUsage usage = new DiskUsage(view, start.path().depth(), maxDepth);
        TreeWalk.walk(view, start, new TreeWalk.Visitor() {
            @Override
            public void file(TreePath path, ViewedFile file) throws IOException {
                usage.add(path, file);
            }

            @Override
            public void leave(TreePath directory) {
                usage.close(directory);
            }
        });
        usage.totals.sort(Comparator.comparingLong(Total::bytes).reversed().thenComparing(Total::path));
        return List.copyOf(usage.totals);
    }

    private void add(TreePath path, ViewedFile file) throws IOException {
        if (file.isDirectory()) {
            Open directory = new Open();
            directory.inodes = 1;
            open.push(directory);
            return;
        }
        long bytes = 0;
        long stored = 0;
        long inodes = 0;
        if (counted.add(file.identity())) {
            inodes = 1;
            if (file.node() instanceof FileNode.RegularFile regular) {
                bytes = regular.content().sizeInBytes();
                stored = stored(regular.content());
            } else if (file.node() instanceof FileNode.SymbolicLink link) {
                bytes = link.target().length;
            }
        }
        if (open.isEmpty()) {
            totals.add(new Total(path, bytes, stored, inodes));
        } else {
            addToOpen(bytes, stored, inodes);
        }
    }

    private record Blocks(long at, long bytes) {}

    private record Tail(long fragment, int offset) {}

    private long stored(FileContent content) throws IOException {
        if (!(view instanceof ImageView image)) {
            return content.sizeInBytes();
        }
        StoredExtent extent = image.image().stored(content);
        long bytes = 0;
        if (extent.blockBytes() > 0 && counted.add(new Blocks(extent.blocksAt(), extent.blockBytes()))) {
            bytes += extent.blockBytes();
        }
        if (extent.fragment() >= 0 && counted.add(new Tail(extent.fragment(), extent.fragmentOffset()))) {
            bytes += extent.fragmentBytes();
        }
        return bytes;
    }

    private void addToOpen(long bytes, long stored, long inodes) {
        Open directory = open.peek();
        directory.bytes += bytes;
        directory.stored += stored;
        directory.inodes += inodes;
    }

    private void close(TreePath path) {
        Open directory = open.pop();
        if (path.depth() - startDepth <= maxDepth) {
            totals.add(new Total(path, directory.bytes, directory.stored, directory.inodes));
        }
        if (!open.isEmpty()) {
            addToOpen(directory.bytes, directory.stored, directory.inodes);
        }
    }
}

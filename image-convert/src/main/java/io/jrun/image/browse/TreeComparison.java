package io.jrun.image.browse;

import io.jrun.image.browse.Difference.Aspect;
import io.jrun.image.squashfs.ContentComparison;
import io.jrun.image.squashfs.StoredExtent;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares two trees name by name. First everything that the tables tell, then the contents that are equally long, in
 * the order in which the first tree stores them. Of a directory that only one tree has, only the directory is reported.
 * {@code /.jrun}, which says how an image file was made, is left out.
 *
 * <p>Where one side is a directory of the host, owners, attributes and the permissions of its owner are not compared: an
 * unprivileged user cannot keep them.
 */
public final class TreeComparison {

    private static final EntryName OWN_DIRECTORY = EntryName.of(".jrun");

    /** Permissions of group, others and the sticky bit: what every user can keep. */
    private static final int KEPT_BY_ALL = 01077;

    private record Pair(TreePath path, ViewedFile before, ViewedFile after) {}

    /** Equally long contents, still to be compared. */
    private record Candidate(int index, FileContent before, FileContent after) {}

    private final TreeView before;
    private final TreeView after;
    private final boolean exact;
    private final SortedMap<TreePath, Difference> differences = new TreeMap<>();
    private final List<Pair> pairs = new ArrayList<>();
    private final List<Candidate> candidates = new ArrayList<>();
    private final Set<Object> directories = new HashSet<>();

    private TreeComparison(TreeView before, TreeView after) {
        this.before = before;
        this.after = after;
        this.exact = before.keepsEverything() && after.keepsEverything();
    }

    /** @return in the order of paths; empty when the trees are alike */
    public static List<Difference> compare(TreeView before, TreeView after) throws IOException {
        TreeComparison comparison = new TreeComparison(before, after);
        comparison.compareTables();
        comparison.compareContents();
        return List.copyOf(comparison.differences.values());
    }

    private void compareTables() throws IOException {
        Deque<Pair> open = new ArrayDeque<>();
        open.push(new Pair(TreePath.ROOT, before.root(), after.root()));
        while (!open.isEmpty()) {
            Pair pair = open.pop();
            compareNodes(pair);
            if (pair.before().isDirectory() && pair.after().isDirectory()) {
                enter(pair);
                compareListings(pair, open);
            }
        }
    }

    private void enter(Pair pair) throws IOException {
        if (!directories.add(pair.before().identity())) {
            throw before.impossible("a directory has two names, one of them " + pair.path());
        }
        if (pair.path().depth() >= TreeWalk.MAX_DEPTH) {
            throw before.impossible("directories lie deeper than " + TreeWalk.MAX_DEPTH + " names");
        }
    }

    private void compareListings(Pair pair, Deque<Pair> open) throws IOException {
        Iterator<TreeWalk.Entry> left = TreeWalk.entries(before, pair.before()).iterator();
        Iterator<TreeWalk.Entry> right = TreeWalk.entries(after, pair.after()).iterator();
        Optional<TreeWalk.Entry> one = next(left);
        Optional<TreeWalk.Entry> other = next(right);
        while (one.isPresent() || other.isPresent()) {
            int order = order(one, other);
            EntryName name = (order <= 0 ? one : other).orElseThrow().name();
            TreePath path = pair.path().child(name);
            if (path.depth() > 1 || !name.equals(OWN_DIRECTORY)) {
                if (order < 0) {
                    report(path, Optional.of(one.get().opener().open().node()), Optional.empty());
                } else if (order > 0) {
                    report(
                            path,
                            Optional.empty(),
                            Optional.of(other.get().opener().open().node()));
                } else {
                    open.push(new Pair(
                            path,
                            one.get().opener().open(),
                            other.get().opener().open()));
                }
            }
            one = order <= 0 ? next(left) : one;
            other = order >= 0 ? next(right) : other;
        }
    }

    private static Optional<TreeWalk.Entry> next(Iterator<TreeWalk.Entry> entries) {
        return entries.hasNext() ? Optional.of(entries.next()) : Optional.empty();
    }

    private static int order(Optional<TreeWalk.Entry> one, Optional<TreeWalk.Entry> other) {
        if (one.isEmpty() || other.isEmpty()) {
            return one.isEmpty() ? 1 : -1;
        }
        return one.get().name().compareTo(other.get().name());
    }

    private void report(TreePath path, Optional<FileNode> removed, Optional<FileNode> added) {
        differences.put(path, new Difference(path, removed, added, List.of()));
    }

    private void compareNodes(Pair pair) {
        FileNode one = pair.before().node();
        FileNode other = pair.after().node();
        List<Aspect> aspects = new ArrayList<>();
        if (one.getClass() != other.getClass()) {
            aspects.add(Aspect.TYPE);
        }
        compareMetadata(one, other, aspects);
        if (one instanceof FileNode.RegularFile was && other instanceof FileNode.RegularFile is) {
            if (was.content().sizeInBytes() != is.content().sizeInBytes()) {
                aspects.add(Aspect.SIZE);
                aspects.add(Aspect.CONTENT);
            } else if (was.content().sizeInBytes() > 0) {
                candidates.add(new Candidate(pairs.size(), was.content(), is.content()));
                pairs.add(pair);
            }
        } else if (one instanceof FileNode.SymbolicLink was
                && other instanceof FileNode.SymbolicLink is
                && !Arrays.equals(was.target(), is.target())) {
            aspects.add(Aspect.TARGET);
        } else if (one instanceof FileNode.Device was
                && other instanceof FileNode.Device is
                && (was.kind() != is.kind() || was.major() != is.major() || was.minor() != is.minor())) {
            aspects.add(Aspect.DEVICE);
        }
        if (!aspects.isEmpty()) {
            differences.put(pair.path(), new Difference(pair.path(), Optional.of(one), Optional.of(other), aspects));
        }
    }

    private void compareMetadata(FileNode one, FileNode other, List<Aspect> aspects) {
        Metadata was = one.metadata();
        Metadata is = other.metadata();
        int compared = exact ? 07777 : KEPT_BY_ALL;
        // The mode of a symbolic link means nothing, and no file system of the host stores it.
        boolean link = one instanceof FileNode.SymbolicLink && other instanceof FileNode.SymbolicLink;
        if (!link && (was.permissions() & compared) != (is.permissions() & compared)) {
            aspects.add(Aspect.MODE);
        }
        if (exact && (was.uid() != is.uid() || was.gid() != is.gid())) {
            aspects.add(Aspect.OWNER);
        }
        if (exact && !was.xattrs().equals(is.xattrs())) {
            aspects.add(Aspect.XATTRS);
        }
    }

    private void compareContents() throws IOException {
        if (before instanceof ImageView one && after instanceof ImageView other) {
            List<StoredExtent> extents = new ArrayList<>();
            for (Candidate candidate : candidates) {
                extents.add(one.image().stored(candidate.before()));
            }
            // Each fragment block is decompressed once when its files come one after the other.
            candidates.sort(Comparator.comparingLong(
                            (Candidate each) -> extents.get(each.index()).fragment())
                    .thenComparingLong(each -> extents.get(each.index()).blocksAt())
                    .thenComparingInt(each -> extents.get(each.index()).fragmentOffset()));
            try (ContentComparison contents = new ContentComparison(one.image(), other.image())) {
                for (Candidate candidate : candidates) {
                    settle(candidate, contents.sameBytes(candidate.before(), candidate.after()));
                }
            }
            return;
        }
        for (Candidate candidate : candidates) {
            settle(candidate, sameStreams(candidate.before(), candidate.after()));
        }
    }

    private static boolean sameStreams(FileContent before, FileContent after) throws IOException {
        try (InputStream one = ((ReadableContent) before).open();
                InputStream other = ((ReadableContent) after).open()) {
            byte[] some = new byte[64 * 1024];
            int length;
            do {
                length = one.readNBytes(some, 0, some.length);
                byte[] same = other.readNBytes(some.length);
                if (!Arrays.equals(some, 0, length, same, 0, same.length)) {
                    return false;
                }
            } while (length == some.length);
            return true;
        }
    }

    private void settle(Candidate candidate, boolean same) {
        if (same) {
            return;
        }
        Pair pair = pairs.get(candidate.index());
        List<Aspect> aspects = new ArrayList<>();
        Optional.ofNullable(differences.get(pair.path())).ifPresent(known -> aspects.addAll(known.aspects()));
        aspects.add(Aspect.CONTENT);
        differences.put(
                pair.path(),
                new Difference(
                        pair.path(),
                        Optional.of(pair.before().node()),
                        Optional.of(pair.after().node()),
                        aspects));
    }
}

package io.jrun.image.browse;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Finds a path in a tree as a process whose root is the tree would find it: symbolic links are taken from the tree's
 * root, and ".." never leads above it. Source: path_resolution(7), openat2(2) RESOLVE_IN_ROOT.
 */
public final class PathResolver {

    /** What the kernel follows in one look-up. Source: path_resolution(7). */
    private static final int MAX_LINKS = 40;

    /** Names that a path and all the links on its way may have together: far more than PATH_MAX leaves room for. */
    private static final int MAX_NAMES = 64 * 1024;

    /** What becomes of a symbolic link in the last place. */
    public enum LastLink {
        FOLLOW,
        KEEP
    }

    /** Where a path leads. */
    public record Found(TreePath path, ViewedFile file) {}

    private record Step(EntryName name, ViewedFile file) {}

    private final TreeView view;
    private final byte[] path;
    private final LastLink lastLink;
    private final ViewedFile root;
    private final Deque<byte[]> ahead = new ArrayDeque<>();
    private final List<Step> reached = new ArrayList<>();
    private int links;
    private int names;

    private PathResolver(TreeView view, byte[] path, LastLink lastLink) throws IOException {
        this.view = view;
        this.path = path;
        this.lastLink = lastLink;
        this.root = view.root();
    }

    /**
     * @param path with or without a leading "/"; a trailing one asks for a directory
     * @throws NotFoundException when a name on the way does not exist or is no directory
     * @throws UsageException when more than {@value #MAX_LINKS} links follow each other
     */
    public static Found find(TreeView view, byte[] path, LastLink lastLink) throws IOException {
        return new PathResolver(view, path, lastLink).find();
    }

    /** As {@link #find}; empty when there is no such file. */
    public static Optional<Found> findIfPresent(TreeView view, byte[] path, LastLink lastLink) throws IOException {
        try {
            return Optional.of(find(view, path, lastLink));
        } catch (NotFoundException missing) {
            return Optional.empty();
        }
    }

    private Found find() throws IOException {
        boolean asksForDirectory = path.length > 0 && path[path.length - 1] == '/';
        push(path);
        while (!ahead.isEmpty()) {
            step(ahead.pop(), asksForDirectory);
        }
        if (asksForDirectory && !current().isDirectory()) {
            throw failure("it is no directory (ENOTDIR)");
        }
        return new Found(new TreePath(reached.stream().map(Step::name).toList()), current());
    }

    private ViewedFile current() {
        return reached.isEmpty() ? root : reached.get(reached.size() - 1).file();
    }

    private void step(byte[] component, boolean asksForDirectory) throws IOException {
        if (!current().isDirectory()) {
            throw failure("a file on its way is no directory (ENOTDIR)");
        }
        if (component.length == 2 && component[0] == '.' && component[1] == '.') {
            if (!reached.isEmpty()) {
                reached.remove(reached.size() - 1);
            }
            return;
        }
        if (!EntryName.isValid(component, 0, component.length)) {
            throw failure("a name in it is too long (ENAMETOOLONG)");
        }
        EntryName name = EntryName.of(component);
        ViewedFile file = view.child(current(), name).orElseThrow(() -> failure("no such file or directory (ENOENT)"));
        boolean last = ahead.isEmpty();
        if (file.node() instanceof FileNode.SymbolicLink link
                && !(last && lastLink == LastLink.KEEP && !asksForDirectory)) {
            follow(link.target());
        } else {
            reached.add(new Step(name, file));
        }
    }

    private void follow(byte[] target) throws JrunException {
        if (++links > MAX_LINKS) {
            throw new UsageException(Failure.of(
                    "find " + ByteText.escape(path) + " in " + view.name(),
                    "too many symbolic links follow each other (ELOOP)"));
        }
        if (target.length > 0 && target[0] == '/') {
            reached.clear();
        }
        push(target);
    }

    private void push(byte[] text) throws JrunException {
        List<byte[]> components = components(text);
        names += components.size();
        if (names > MAX_NAMES) {
            throw failure("the path is too long (ENAMETOOLONG)");
        }
        for (int i = components.size() - 1; i >= 0; i--) {
            ahead.push(components.get(i));
        }
    }

    private static List<byte[]> components(byte[] text) {
        List<byte[]> components = new ArrayList<>();
        int from = 0;
        for (int i = 0; i <= text.length; i++) {
            if (i == text.length || text[i] == '/') {
                boolean current = i == from + 1 && text[from] == '.';
                if (i > from && !current) {
                    components.add(java.util.Arrays.copyOfRange(text, from, i));
                }
                from = i + 1;
            }
        }
        return components;
    }

    private NotFoundException failure(String why) {
        return new NotFoundException(Failure.of("find " + ByteText.escape(path) + " in " + view.name(), why)
                .hint("`jrun ls " + view.name() + "` shows what is there"));
    }
}

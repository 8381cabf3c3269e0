package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Another input whose tree gets empty directories and files where they are missing, so that a read-only image can be
 * mounted on. Links of the image are followed, within the image; what is in the way of a mount point stays.
 */
public final class WithMountPoints implements RootfsInput {

    /** As many as the kernel follows. Source: path_resolution(7). */
    private static final int MAX_LINKS = 40;

    /** What a mount point is to be. */
    public enum Kind {
        DIRECTORY,
        FILE,
        /** Only where there is not even a link. */
        FILE_BUT_NO_LINK
    }

    private final RootfsInput input;
    private final Map<String, Kind> points;
    private long modificationSeconds;

    /**
     * @param input closed with this one
     * @param points absolute paths
     */
    public WithMountPoints(RootfsInput input, Map<String, Kind> points) {
        this.input = input;
        this.points = new LinkedHashMap<>(points);
    }

    @Override
    public Beginning begin(Platform platform, MergeLimits limits, ConversionListener listener) throws IOException {
        Beginning beginning = input.begin(platform, limits, listener);
        modificationSeconds = beginning.created().getEpochSecond();
        return beginning;
    }

    @Override
    public Rootfs readInto(ContentStore contents) throws IOException {
        Rootfs rootfs = input.readInto(contents);
        FileNode.Directory root = rootfs.tree().root();
        for (Map.Entry<String, Kind> point : points.entrySet()) {
            boolean follow = point.getValue() != Kind.FILE_BUT_NO_LINK;
            Optional<List<EntryName>> place = resolve(root, point.getKey(), follow);
            if (place.isPresent()) {
                root = with(root, place.get(), 0, point.getValue(), contents);
            }
        }
        return rootfs.withTree(new FileTree(root));
    }

    private FileNode.Directory with(
            FileNode.Directory directory, List<EntryName> names, int depth, Kind kind, ContentStore contents)
            throws IOException {
        if (depth == names.size()) {
            return directory;
        }
        Optional<FileNode> child = Optional.ofNullable(directory.children().get(names.get(depth)));
        boolean last = depth == names.size() - 1;
        FileNode made;
        if (last && child.isPresent()) {
            return directory;
        } else if (last && kind != Kind.DIRECTORY) {
            made = new FileNode.RegularFile(metadata(0644), contents.store(new ByteArrayInputStream(new byte[0]), 0));
        } else {
            FileNode.Directory below = child.isPresent()
                    ? (FileNode.Directory) child.get()
                    : new FileNode.Directory(metadata(0755), Map.of());
            made = with(below, names, depth + 1, kind, contents);
        }
        Map<EntryName, FileNode> children = new LinkedHashMap<>(directory.children());
        children.put(names.get(depth), made);
        return new FileNode.Directory(directory.metadata(), children);
    }

    private Metadata metadata(int permissions) {
        return new Metadata(permissions, 0, 0, modificationSeconds, 0, Xattrs.NONE);
    }

    /** Names from the root without links; empty where a file is in the way or links do not end. */
    private static Optional<List<EntryName>> resolve(FileNode.Directory root, String path, boolean follow) {
        Deque<String> left = new ArrayDeque<>(Arrays.asList(path.split("/+")));
        List<EntryName> names = new ArrayList<>();
        int links = 0;
        while (!left.isEmpty()) {
            String name = left.removeFirst();
            if (name.equals("..") && !names.isEmpty()) {
                names.remove(names.size() - 1);
            }
            if (name.isEmpty() || name.equals(".") || name.equals("..")) {
                continue;
            }
            Optional<FileNode> parent = node(root, names);
            boolean blocked = parent.isPresent() && !(parent.get() instanceof FileNode.Directory);
            if (blocked || links > MAX_LINKS) {
                return Optional.empty();
            }
            EntryName entry = EntryName.of(name);
            Optional<FileNode> found = parent.isPresent()
                    ? Optional.ofNullable(
                            ((FileNode.Directory) parent.get()).children().get(entry))
                    : Optional.empty();
            boolean link = found.isPresent() && found.get() instanceof FileNode.SymbolicLink;
            if (link && !follow && left.isEmpty()) {
                return Optional.empty();
            } else if (link) {
                byte[] text = ((FileNode.SymbolicLink) found.get()).target();
                String target = new String(text, StandardCharsets.UTF_8);
                List<String> words = Arrays.asList(target.split("/+"));
                for (int i = words.size() - 1; i >= 0; i--) {
                    left.addFirst(words.get(i));
                }
                if (target.startsWith("/")) {
                    names.clear();
                }
                links++;
            } else {
                names.add(entry);
            }
        }
        Optional<FileNode> end = node(root, names);
        return end.isPresent() ? Optional.empty() : Optional.of(names);
    }

    private static Optional<FileNode> node(FileNode.Directory root, List<EntryName> names) {
        FileNode node = root;
        for (EntryName name : names) {
            FileNode child = node instanceof FileNode.Directory directory
                    ? directory.children().get(name)
                    : null;
            if (child == null) {
                return Optional.empty();
            }
            node = child;
        }
        return Optional.of(node);
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}

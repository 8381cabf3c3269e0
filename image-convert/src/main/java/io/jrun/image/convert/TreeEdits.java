package io.jrun.image.convert;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small changes to a tree. */
public final class TreeEdits {

    private static final byte[] WHITEOUT_PREFIX = ".wh.".getBytes(StandardCharsets.US_ASCII);

    private TreeEdits() {}

    /**
     * Without those of the paths that still are empty files or empty directories; what somebody has filled stays.
     *
     * @param paths from the root, a directory's children before or behind it
     */
    public static FileTree withoutUntouched(FileTree tree, List<String> paths) {
        FileNode.Directory root = tree.root();
        // Children first: a directory is empty once they are gone.
        List<String> deepestFirst = paths.stream()
                .sorted((one, other) -> Integer.compare(other.length(), one.length()))
                .toList();
        for (String path : deepestFirst) {
            String[] names = path.replaceFirst("^/+", "").split("/+");
            if (root.descendant(String.join("/", names))
                    .filter(TreeEdits::isEmpty)
                    .isPresent()) {
                root = without(root, names, 0);
            }
        }
        return new FileTree(root);
    }

    /**
     * The directory with those of the path that are missing below it; empty where something lies on the way that is no
     * directory.
     *
     * @param metadata of those that are made
     */
    static Optional<FileNode.Directory> withDirectory(
            FileNode.Directory directory, List<EntryName> path, Metadata metadata) {
        if (path.isEmpty()) {
            return Optional.of(directory);
        }
        EntryName name = path.get(0);
        FileNode child = directory.children().getOrDefault(name, new FileNode.Directory(metadata, Map.of()));
        if (!(child instanceof FileNode.Directory inner)) {
            return Optional.empty();
        }
        return withDirectory(inner, path.subList(1, path.size()), metadata).map(changed -> {
            Map<EntryName, FileNode> children = new LinkedHashMap<>(directory.children());
            children.put(name, changed);
            return new FileNode.Directory(directory.metadata(), children);
        });
    }

    /** Without names that a layer cannot hold, because there they mean that something is removed. */
    static FileTree withoutWhiteoutNames(FileTree tree, List<String> losses) {
        long[] left = {0};
        FileNode.Directory root = withoutWhiteoutNames(tree.root(), left);
        if (left[0] > 0) {
            losses.add(left[0] + " names that begin with .wh. were left out: in a layer they would remove files");
        }
        return left[0] == 0 ? tree : new FileTree(root);
    }

    private static FileNode.Directory withoutWhiteoutNames(FileNode.Directory directory, long[] left) {
        Map<EntryName, FileNode> children = new LinkedHashMap<>();
        directory.children().forEach((name, child) -> {
            if (name.startsWith(WHITEOUT_PREFIX)) {
                left[0]++;
            } else {
                children.put(
                        name, child instanceof FileNode.Directory inner ? withoutWhiteoutNames(inner, left) : child);
            }
        });
        return new FileNode.Directory(directory.metadata(), children);
    }

    private static boolean isEmpty(FileNode node) {
        return node instanceof FileNode.Directory directory
                ? directory.children().isEmpty()
                : node instanceof FileNode.RegularFile file && file.content().sizeInBytes() == 0;
    }

    private static FileNode.Directory without(FileNode.Directory directory, String[] names, int depth) {
        Map<EntryName, FileNode> children = new LinkedHashMap<>(directory.children());
        EntryName name = EntryName.of(names[depth]);
        if (depth == names.length - 1) {
            children.remove(name);
        } else {
            Optional<FileNode> child = directory.child(names[depth]);
            children.put(name, without((FileNode.Directory) child.orElseThrow(), names, depth + 1));
        }
        return new FileNode.Directory(directory.metadata(), children);
    }
}

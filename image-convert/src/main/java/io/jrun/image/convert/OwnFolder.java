package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.model.ForeignFiles;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The documents in the {@code /.jrun} of a tree whose contents are at rest, and what other makers leave there. */
final class OwnFolder {

    static final String NAME = ".jrun";

    private OwnFolder() {}

    /** Documents by their names; empty for a tree of other makers. */
    static Map<String, byte[]> read(FileTree tree, ContentSource contents) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : List.of(Provenance.DESCRIPTION_FILE, Provenance.CONFIG_FILE, Provenance.MANIFEST_FILE)) {
            Optional<byte[]> bytes = document(tree, NAME + "/" + name, contents, ImageConfig.MAX_SIZE_IN_BYTES);
            bytes.ifPresent(found -> files.put(name, found));
        }
        return files;
    }

    /** A regular file of the tree; refused when it is larger than it can be. */
    static Optional<byte[]> document(FileTree tree, String path, ContentSource contents, long maxSizeInBytes)
            throws IOException {
        Optional<FileNode> node = tree.root().descendant(path);
        if (node.isEmpty() || !(node.get() instanceof FileNode.RegularFile file)) {
            return Optional.empty();
        }
        if (file.content().sizeInBytes() > maxSizeInBytes) {
            throw new CorruptDataException(Failure.of("read /" + path, "it is larger than any that jrun writes")
                    .comparing(
                            "at most " + maxSizeInBytes + " bytes",
                            file.content().sizeInBytes() + " bytes"));
        }
        try (InputStream in = contents.open(file.content())) {
            return Optional.of(in.readAllBytes());
        }
    }

    /** The variables that Charliecloud or enroot keep in a tree of theirs. */
    static List<String> foreignEnvironment(FileTree tree, ContentSource contents) throws IOException {
        Optional<byte[]> text = environment(tree, ForeignFiles.CHARLIECLOUD_ENVIRONMENT, contents);
        if (text.isEmpty() && tree.root().descendant(ForeignFiles.ENROOT_SCRIPT).isPresent()) {
            text = environment(tree, ForeignFiles.ENROOT_ENVIRONMENT, contents);
        }
        return ForeignFiles.settings(text.orElse(new byte[0]));
    }

    private static Optional<byte[]> environment(FileTree tree, String path, ContentSource contents) throws IOException {
        return document(tree, path, contents, ForeignFiles.MAX_ENVIRONMENT_IN_BYTES);
    }

    /** The tree without it. */
    static FileTree without(FileTree tree) {
        Map<EntryName, FileNode> children = new LinkedHashMap<>(tree.root().children());
        children.remove(EntryName.of(NAME));
        return new FileTree(new FileNode.Directory(tree.root().metadata(), children));
    }
}

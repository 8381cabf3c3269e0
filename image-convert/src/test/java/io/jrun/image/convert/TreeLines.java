package io.jrun.image.convert;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/** A tree as text, one line per name, with everything that a form must keep. */
final class TreeLines {

    private final Map<String, String> lines = new TreeMap<>();
    private final IdentityHashMap<FileNode, String> firstNames = new IdentityHashMap<>();
    private final ContentSource contents;

    private TreeLines(ContentSource contents) {
        this.contents = contents;
    }

    static Map<String, String> of(FileTree tree, ContentSource contents) throws IOException {
        TreeLines result = new TreeLines(contents);
        result.add("", tree.root());
        return result.lines;
    }

    private void add(String path, FileNode node) throws IOException {
        String first = firstNames.putIfAbsent(node, path);
        lines.put(path, first == null ? describe(node) : "= " + first);
        if (node instanceof FileNode.Directory directory) {
            for (var child : directory.children().entrySet()) {
                add(path + "/" + ByteText.escape(child.getKey().toBytes()), child.getValue());
            }
        }
    }

    private String describe(FileNode node) throws IOException {
        Metadata metadata = node.metadata();
        StringBuilder line = new StringBuilder(node.getClass().getSimpleName());
        // A symbolic link has no permissions of its own: chmod(2).
        line.append(' ').append(node instanceof FileNode.SymbolicLink ? "-" : metadata.permissions());
        line.append(' ').append(metadata.uid()).append(':').append(metadata.gid());
        line.append(' ').append(metadata.mtimeSeconds()).append('.').append(metadata.mtimeNanos());
        metadata.xattrs()
                .values()
                .forEach((name, value) ->
                        line.append(' ').append(name).append('=').append(hex(value)));
        if (node instanceof FileNode.SymbolicLink link) {
            line.append(" -> ").append(ByteText.escape(link.target()));
        } else if (node instanceof FileNode.Device device) {
            line.append(' ')
                    .append(device.kind())
                    .append(device.major())
                    .append(',')
                    .append(device.minor());
        } else if (node instanceof FileNode.RegularFile file) {
            line.append(' ').append(file.content().sizeInBytes());
            try (InputStream in = contents.open(file.content())) {
                line.append(' ').append(Arrays.hashCode(in.readAllBytes()));
            }
        }
        return line.toString();
    }

    private static String hex(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}

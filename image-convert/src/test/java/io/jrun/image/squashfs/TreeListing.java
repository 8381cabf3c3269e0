package io.jrun.image.squashfs;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/** A tree as text, one line per name: everything that an image must keep. Contents by size, or by hash where readable. */
final class TreeListing {

    private final TreeMap<String, String> lines = new TreeMap<>();
    private final IdentityHashMap<FileNode, String> firstNames = new IdentityHashMap<>();

    private TreeListing() {}

    static Map<String, String> of(FileTree tree) throws IOException {
        TreeListing listing = new TreeListing();
        listing.add("/", tree.root());
        return listing.lines;
    }

    private void add(String path, FileNode node) throws IOException {
        String first = firstNames.putIfAbsent(node, path);
        lines.put(path, first == null ? describe(node) : "= " + first);
        if (node instanceof FileNode.Directory directory) {
            for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
                String name = ByteText.escape(child.getKey().toBytes());
                add(path.equals("/") ? "/" + name : path + "/" + name, child.getValue());
            }
        }
    }

    private static String describe(FileNode node) throws IOException {
        Metadata metadata = node.metadata();
        StringBuilder text = new StringBuilder(node.getClass().getSimpleName());
        text.append(' ').append(Integer.toOctalString(metadata.permissions()));
        text.append(' ').append(metadata.uid()).append(':').append(metadata.gid());
        text.append(' ').append(Math.max(0, Math.min(0xffff_ffffL, metadata.mtimeSeconds())));
        metadata.xattrs().values().forEach((name, value) -> {
            byte[] bytes = new byte[value.remaining()];
            value.duplicate().get(bytes);
            text.append(' ').append(name).append('=').append(HexFormat.of().formatHex(bytes));
        });
        if (node instanceof FileNode.SymbolicLink link) {
            text.append(" -> ").append(ByteText.escape(link.target()));
        } else if (node instanceof FileNode.Device device) {
            text.append(' ')
                    .append(device.kind())
                    .append(device.major())
                    .append(',')
                    .append(device.minor());
        } else if (node instanceof FileNode.RegularFile file) {
            text.append(' ').append(file.content().sizeInBytes());
        }
        return text.toString();
    }

    /** By path, of those files whose content can be read. */
    static Map<String, String> hashes(FileTree tree) throws IOException {
        TreeMap<String, String> hashes = new TreeMap<>();
        hash("", tree.root(), hashes);
        return hashes;
    }

    private static void hash(String path, FileNode node, Map<String, String> hashes) throws IOException {
        if (node instanceof FileNode.Directory directory) {
            for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
                hash(path + "/" + ByteText.escape(child.getKey().toBytes()), child.getValue(), hashes);
            }
        } else if (node instanceof FileNode.RegularFile file && file.content() instanceof ReadableContent content) {
            MessageDigest sha256 = CompressionPool.sha256();
            try (InputStream in = content.open()) {
                byte[] buffer = new byte[10_007];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    sha256.update(buffer, 0, n);
                }
            }
            hashes.put(path, HexFormat.of().formatHex(sha256.digest()));
        }
    }
}

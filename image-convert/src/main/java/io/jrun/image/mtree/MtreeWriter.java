package io.jrun.image.mtree;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/**
 * Describes every name of a tree by one line, parents first, names in byte order:
 *
 * <pre>
 * ./usr/bin/su type=file mode=4755 uid=0 gid=0 size=71816 time=1679569226.000000000 xattr.security.capability=AQAAAg==
 * </pre>
 *
 * Bytes of names that are not printable ASCII are written as {@code \ooo}, values of attributes in base64. Source:
 * mtree(5), with full paths as NetBSD's {@code mtree -C} has them; "xattr." as go-mtree has it.
 */
public final class MtreeWriter {

    private static final String FIRST_LINE = "#mtree\n";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private MtreeWriter() {}

    /** The whole description. */
    public static byte[] describe(FileTree tree) {
        MtreeWriter writer = new MtreeWriter();
        writer.append(FIRST_LINE);
        writer.add(".", tree.root());
        return writer.out.toByteArray();
    }

    private void append(String ascii) {
        out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    private void add(String path, FileNode node) {
        append(path + line(node) + "\n");
        if (node instanceof FileNode.Directory directory) {
            for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
                add(path + "/" + escape(child.getKey().toBytes()), child.getValue());
            }
        }
    }

    private static String line(FileNode node) {
        Metadata metadata = node.metadata();
        StringBuilder line = new StringBuilder(" type=").append(type(node));
        line.append(String.format(Locale.ROOT, " mode=%04o", metadata.permissions()));
        line.append(" uid=").append(metadata.uid()).append(" gid=").append(metadata.gid());
        if (node instanceof FileNode.RegularFile file) {
            line.append(" size=").append(file.content().sizeInBytes());
        } else if (node instanceof FileNode.Device device) {
            line.append(" device=linux,").append(device.major()).append(',').append(device.minor());
        } else if (node instanceof FileNode.SymbolicLink link) {
            line.append(" link=").append(escape(link.target()));
        }
        line.append(String.format(Locale.ROOT, " time=%d.%09d", metadata.mtimeSeconds(), metadata.mtimeNanos()));
        metadata.xattrs().values().forEach((name, value) -> line.append(" xattr.")
                .append(escape(name.getBytes(StandardCharsets.UTF_8)))
                .append('=')
                .append(base64(value)));
        return line.toString();
    }

    private static String type(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return "dir";
        } else if (node instanceof FileNode.RegularFile) {
            return "file";
        } else if (node instanceof FileNode.SymbolicLink) {
            return "link";
        } else if (node instanceof FileNode.Device device) {
            return device.kind() == FileNode.DeviceKind.BLOCK ? "block" : "char";
        }
        return node instanceof FileNode.Fifo ? "fifo" : "socket";
    }

    private static String base64(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** "#", "=" and "\" have meanings of their own. */
    static String escape(byte[] bytes) {
        StringBuilder text = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            int c = b & 0xff;
            if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#' || c == '=') {
                text.append(String.format(Locale.ROOT, "\\%03o", c));
            } else {
                text.append((char) c);
            }
        }
        return text.toString();
    }
}

package io.jrun.cli.look;

import io.jrun.image.browse.TreePath;
import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** How listings show a file. */
final class FileForm {

    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final String BITS = "rwxrwxrwx";

    private FileForm() {}

    /** The word for {@code --format json}. */
    static String type(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return "directory";
        } else if (node instanceof FileNode.RegularFile) {
            return "file";
        } else if (node instanceof FileNode.SymbolicLink) {
            return "symlink";
        } else if (node instanceof FileNode.Device device) {
            return device.kind() == FileNode.DeviceKind.BLOCK ? "block" : "character";
        }
        return node instanceof FileNode.Fifo ? "fifo" : "socket";
    }

    static String mode(FileNode node) {
        return String.format(Locale.ROOT, "%04o", node.metadata().permissions());
    }

    static JsonObject json(TreePath path, FileNode node) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        putBytes(members, "path", path.toBytes());
        members.putAll(facts(node));
        return new JsonObject(members);
    }

    static Map<String, JsonValue> facts(FileNode node) {
        Metadata metadata = node.metadata();
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("type", JsonValue.of(type(node)));
        members.put("mode", JsonValue.of(mode(node)));
        members.put("uid", JsonValue.of(metadata.uid()));
        members.put("gid", JsonValue.of(metadata.gid()));
        members.put("mtime", JsonValue.of(time(metadata).toString()));
        if (node instanceof FileNode.RegularFile file) {
            members.put("sizeInBytes", JsonValue.of(file.content().sizeInBytes()));
        } else if (node instanceof FileNode.SymbolicLink link) {
            putBytes(members, "target", link.target());
        } else if (node instanceof FileNode.Device device) {
            members.put("major", JsonValue.of(device.major()));
            members.put("minor", JsonValue.of(device.minor()));
        }
        if (!metadata.xattrs().isEmpty()) {
            Map<String, JsonValue> xattrs = new LinkedHashMap<>();
            metadata.xattrs().values().forEach((name, value) -> xattrs.put(name, base64(value)));
            members.put("xattrs", new JsonObject(xattrs));
        }
        return members;
    }

    /** Bytes as text; where they are no UTF-8, the text is escaped and {@code nameBase64} has the bytes themselves. */
    static void putBytes(Map<String, JsonValue> members, String name, byte[] bytes) {
        if (ByteText.isUtf8(bytes)) {
            members.put(name, JsonValue.of(new String(bytes, StandardCharsets.UTF_8)));
        } else {
            members.put(name, JsonValue.of(ByteText.escape(bytes)));
            members.put(name + "Base64", JsonValue.of(Base64.getEncoder().encodeToString(bytes)));
        }
    }

    private static JsonValue base64(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return JsonValue.of(Base64.getEncoder().encodeToString(bytes));
    }

    private static Instant time(Metadata metadata) {
        return Instant.ofEpochSecond(metadata.mtimeSeconds(), metadata.mtimeNanos());
    }

    /** As {@code ls -ln} has it, times in UTC, without a final line feed. */
    static void printLong(ResultStream out, byte[] name, FileNode node) throws IOException {
        Metadata metadata = node.metadata();
        String size = "-";
        if (node instanceof FileNode.RegularFile file) {
            size = Long.toString(file.content().sizeInBytes());
        } else if (node instanceof FileNode.SymbolicLink link) {
            size = Integer.toString(link.target().length);
        } else if (node instanceof FileNode.Device device) {
            size = device.major() + "," + device.minor();
        }
        out.text(String.format(
                Locale.ROOT,
                "%s %-11s %11s %s ",
                letters(node),
                metadata.uid() + "/" + metadata.gid(),
                size,
                MINUTES.format(time(metadata))));
        out.name(name);
        if (node instanceof FileNode.SymbolicLink link) {
            out.text(" -> ");
            out.name(link.target());
        }
    }

    /** Source: ls(1). */
    static String letters(FileNode node) {
        int mode = node.metadata().permissions();
        StringBuilder letters = new StringBuilder();
        letters.append(
                switch (type(node)) {
                    case "directory" -> 'd';
                    case "symlink" -> 'l';
                    case "block" -> 'b';
                    case "character" -> 'c';
                    case "fifo" -> 'p';
                    case "socket" -> 's';
                    default -> '-';
                });
        for (int i = 0; i < 9; i++) {
            letters.append((mode & (0400 >> i)) != 0 ? BITS.charAt(i) : '-');
        }
        special(letters, 3, (mode & 04000) != 0, 's');
        special(letters, 6, (mode & 02000) != 0, 's');
        special(letters, 9, (mode & 01000) != 0, 't');
        return letters.toString();
    }

    private static void special(StringBuilder letters, int at, boolean set, char letter) {
        if (set) {
            letters.setCharAt(at, letters.charAt(at) == 'x' ? letter : Character.toUpperCase(letter));
        }
    }
}

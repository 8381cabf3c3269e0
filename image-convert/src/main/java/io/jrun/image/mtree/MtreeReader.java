package io.jrun.image.mtree;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads what {@link MtreeWriter} writes. Contents have sizes only, and names of one inode are inodes of their own. */
public final class MtreeReader {

    private static final int MAX_DEPTH = 1_024;

    /** A content that is not there. */
    private record SizeOnly(long sizeInBytes) implements FileContent {}

    /** A directory whose children are being collected. */
    private record Pending(Map<String, String> keywords, TreeMap<EntryName, Object> children) {}

    private final String what;
    private int lineNumber;

    private MtreeReader(String what) {
        this.what = what;
    }

    /** @param what names the document in messages */
    public static FileTree read(byte[] document, String what) throws CorruptDataException {
        return new MtreeReader(what).read(new String(document, StandardCharsets.ISO_8859_1));
    }

    private FileTree read(String document) throws CorruptDataException {
        Pending root = new Pending(new HashMap<>(), new TreeMap<>());
        boolean described = false;
        for (String line : document.split("\n", -1)) {
            lineNumber++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            List<String> words = List.of(line.strip().split(" +"));
            Map<String, String> keywords = keywords(words.subList(1, words.size()));
            if (words.get(0).equals(".")) {
                root.keywords().putAll(keywords);
                described = true;
            } else {
                add(root, words.get(0), keywords);
            }
        }
        if (!described) {
            throw malformed("it does not describe \".\"");
        }
        if (!document.endsWith("\n")) {
            throw malformed("it has no end: the document was cut");
        }
        return new FileTree((FileNode.Directory) node(root));
    }

    private Map<String, String> keywords(List<String> words) throws CorruptDataException {
        Map<String, String> keywords = new LinkedHashMap<>();
        for (String word : words) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw malformed("\"" + word + "\" is no KEYWORD=VALUE");
            }
            keywords.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return keywords;
    }

    private void add(Pending root, String path, Map<String, String> keywords) throws CorruptDataException {
        String[] names = path.split("/", -1);
        if (!names[0].equals(".") || names.length > MAX_DEPTH) {
            throw malformed("\"" + path + "\" is no path below \".\"");
        }
        Pending directory = root;
        for (int i = 1; i < names.length - 1; i++) {
            if (!(directory.children().get(name(names[i])) instanceof Pending inner)) {
                throw malformed("\"" + path + "\" lies in a directory that was not described before");
            }
            directory = inner;
        }
        Object entry = "dir".equals(keywords.get("type")) ? new Pending(keywords, new TreeMap<>()) : leaf(keywords);
        if (directory.children().put(name(names[names.length - 1]), entry) != null) {
            throw malformed("\"" + path + "\" is described twice");
        }
    }

    private EntryName name(String escaped) throws CorruptDataException {
        byte[] bytes = unescape(escaped);
        if (!EntryName.isValid(bytes, 0, bytes.length)) {
            throw malformed("\"" + escaped + "\" is no file name");
        }
        return EntryName.of(bytes);
    }

    private FileNode node(Object entry) throws CorruptDataException {
        if (!(entry instanceof Pending pending)) {
            return (FileNode) entry;
        }
        Map<EntryName, FileNode> children = new TreeMap<>();
        for (Map.Entry<EntryName, Object> child : pending.children().entrySet()) {
            children.put(child.getKey(), node(child.getValue()));
        }
        return new FileNode.Directory(metadata(pending.keywords()), children);
    }

    private FileNode leaf(Map<String, String> keywords) throws CorruptDataException {
        Metadata metadata = metadata(keywords);
        return switch (required(keywords, "type")) {
            case "file" -> new FileNode.RegularFile(metadata, new SizeOnly(number(keywords, "size", 10)));
            case "link" -> new FileNode.SymbolicLink(metadata, unescape(required(keywords, "link")));
            case "char" -> device(metadata, FileNode.DeviceKind.CHARACTER, keywords);
            case "block" -> device(metadata, FileNode.DeviceKind.BLOCK, keywords);
            case "fifo" -> new FileNode.Fifo(metadata);
            case "socket" -> new FileNode.Socket(metadata);
            default -> throw malformed("it has the unknown type " + keywords.get("type"));
        };
    }

    private FileNode device(Metadata metadata, FileNode.DeviceKind kind, Map<String, String> keywords)
            throws CorruptDataException {
        String[] parts = required(keywords, "device").split(",", -1);
        if (parts.length != 3) {
            throw malformed("a device is no \"linux,MAJOR,MINOR\"");
        }
        try {
            return new FileNode.Device(metadata, kind, Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        } catch (IllegalArgumentException outOfRange) {
            throw malformed("a device has impossible numbers");
        }
    }

    private Metadata metadata(Map<String, String> keywords) throws CorruptDataException {
        String[] time = required(keywords, "time").split("\\.", -1);
        try {
            return new Metadata(
                    (int) number(keywords, "mode", 8),
                    number(keywords, "uid", 10),
                    number(keywords, "gid", 10),
                    Long.parseLong(time[0]),
                    time.length > 1 ? Integer.parseInt(time[1]) : 0,
                    xattrs(keywords));
        } catch (IllegalArgumentException outOfRange) {
            throw malformed(String.valueOf(outOfRange.getMessage()));
        }
    }

    private Xattrs xattrs(Map<String, String> keywords) throws CorruptDataException {
        Map<String, ByteBuffer> values = new TreeMap<>();
        for (Map.Entry<String, String> keyword : keywords.entrySet()) {
            if (keyword.getKey().startsWith("xattr.")) {
                String name = new String(unescape(keyword.getKey().substring(6)), StandardCharsets.UTF_8);
                values.put(name, ByteBuffer.wrap(Base64.getDecoder().decode(keyword.getValue())));
            }
        }
        return values.isEmpty() ? Xattrs.NONE : new Xattrs(values);
    }

    private long number(Map<String, String> keywords, String keyword, int radix) throws CorruptDataException {
        try {
            return Long.parseLong(required(keywords, keyword), radix);
        } catch (NumberFormatException e) {
            throw malformed(keyword + " is no number");
        }
    }

    private String required(Map<String, String> keywords, String keyword) throws CorruptDataException {
        return Optional.ofNullable(keywords.get(keyword)).orElseThrow(() -> malformed(keyword + " is missing"));
    }

    private byte[] unescape(String escaped) throws CorruptDataException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c != '\\') {
                bytes.write(c);
                continue;
            }
            if (i + 3 >= escaped.length() || !escaped.substring(i + 1, i + 4).matches("[0-3][0-7][0-7]")) {
                throw malformed("\"" + escaped + "\" has a backslash without three octal digits");
            }
            bytes.write(Integer.parseInt(escaped.substring(i + 1, i + 4), 8));
            i += 3;
        }
        return bytes.toByteArray();
    }

    private CorruptDataException malformed(String why) {
        return new CorruptDataException(Failure.of("read " + what, "line " + lineNumber + ": " + why)
                .hint("convert without --restore to do without the recorded owners"));
    }
}

package io.jrun.image.squashfs;

import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Reads a directory of the host as a tree, contents in the order of names: what tests and measurements write. */
final class HostTree {

    private final ContentStore store;
    private final Map<Object, FileNode> byInode = new HashMap<>();

    private HostTree(ContentStore store) {
        this.store = store;
    }

    static FileTree read(Path root, ContentStore store) throws IOException {
        return new FileTree((FileNode.Directory) new HostTree(store).node(root));
    }

    private FileNode node(Path path) throws IOException {
        Map<String, Object> facts = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
        int mode = (int) facts.get("mode");
        boolean directory = (mode & 0170000) == 0040000;
        Object key = List.of(facts.get("dev"), facts.get("ino"));
        if (!directory && byInode.containsKey(key)) {
            return byInode.get(key);
        }
        FileNode node = create(path, mode, facts);
        byInode.put(key, node);
        return node;
    }

    private FileNode create(Path path, int mode, Map<String, Object> facts) throws IOException {
        long nanos = ((FileTime) facts.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS);
        Metadata metadata = new Metadata(
                mode & 07777,
                Integer.toUnsignedLong((int) facts.get("uid")),
                Integer.toUnsignedLong((int) facts.get("gid")),
                Math.floorDiv(nanos, 1_000_000_000L),
                (int) Math.floorMod(nanos, 1_000_000_000L),
                xattrs(path, mode));
        long device = (long) facts.get("rdev");
        int major = (int) ((device >> 8) & 0xfff);
        int minor = (int) ((device & 0xff) | ((device >> 12) & 0xfff00));
        return switch (mode & 0170000) {
            case 0040000 -> directory(path, metadata);
            case 0100000 -> file(path, metadata);
            case 0120000 ->
                new FileNode.SymbolicLink(
                        metadata, Files.readSymbolicLink(path).toString().getBytes(StandardCharsets.UTF_8));
            case 0060000 -> new FileNode.Device(metadata, FileNode.DeviceKind.BLOCK, major, minor);
            case 0020000 -> new FileNode.Device(metadata, FileNode.DeviceKind.CHARACTER, major, minor);
            case 0010000 -> new FileNode.Fifo(metadata);
            default -> new FileNode.Socket(metadata);
        };
    }

    private static Xattrs xattrs(Path path, int mode) throws IOException {
        if ((mode & 0170000) != 0100000 && (mode & 0170000) != 0040000) {
            return Xattrs.NONE;
        }
        UserDefinedFileAttributeView view = Files.getFileAttributeView(path, UserDefinedFileAttributeView.class);
        Map<String, ByteBuffer> values = new HashMap<>();
        for (String name : view.list()) {
            ByteBuffer value = ByteBuffer.allocate(view.size(name));
            view.read(name, value);
            values.put("user." + name, value.flip());
        }
        return new Xattrs(values);
    }

    private FileNode directory(Path path, Metadata metadata) throws IOException {
        TreeMap<EntryName, FileNode> children = new TreeMap<>();
        List<Path> names;
        try (Stream<Path> listing = Files.list(path)) {
            names = listing.sorted().toList();
        }
        for (Path child : names) {
            byte[] name = child.getFileName().toString().getBytes(StandardCharsets.UTF_8);
            children.put(EntryName.of(name), node(child));
        }
        return new FileNode.Directory(metadata, children);
    }

    private FileNode file(Path path, Metadata metadata) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return new FileNode.RegularFile(metadata, store.store(in, Files.size(path)));
        }
    }

    /** Measures: {@code DIRECTORY IMAGE COMPRESSION LEVEL THREADS}. */
    public static void main(String[] arguments) throws IOException {
        long begin = System.nanoTime();
        Compression compression = Compression.valueOf(arguments[2]);
        SquashfsOptions options = SquashfsOptions.of(compression)
                .withLevel(Integer.parseInt(arguments[3]))
                .withThreads(Integer.parseInt(arguments[4]));
        try (SquashfsWriter writer = new SquashfsWriter(Path.of(arguments[1]), options)) {
            FileTree tree = read(Path.of(arguments[0]), writer);
            long stored = System.nanoTime();
            writer.finish(tree);
            System.out.printf(
                    "stored %d ms, finished %d ms, dropped xattrs %d%n",
                    (stored - begin) / 1_000_000, (System.nanoTime() - stored) / 1_000_000, writer.droppedXattrs());
        }
    }
}

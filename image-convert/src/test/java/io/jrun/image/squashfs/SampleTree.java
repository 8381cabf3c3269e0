package io.jrun.image.squashfs;

import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * A small tree with one of everything, made of fixed bytes.
 *
 * <pre>
 * /bin/tool          04755, security.capability      /etc/hosts      user.note and security.capability
 * /bin/alias         hard link of tool               /etc/copy       same bytes as hosts
 * /data/blocks       several blocks and a tail       /data/again     same bytes as blocks
 * /data/exact        exactly one block               /data/holes     block, zeros, block
 * /data/zeros        zeros only                      /data/empty     nothing
 * /dev/{null,disk,pipe,socket}                       /link -> etc/hosts
 * /names/\xff\xfe    not UTF-8                       /past, /future  mtimes that need clamping
 * /many/000...       as many names as asked
 * </pre>
 */
final class SampleTree {

    static final int BLOCK = 128 * 1024;

    private final ContentStore store;
    private final Random random = new Random(20_260_101);

    private SampleTree(ContentStore store) {
        this.store = store;
    }

    static FileTree create(ContentStore store, int blockSize, int names) throws IOException {
        return new SampleTree(store).tree(blockSize, names);
    }

    static Metadata metadata(int permissions, Xattrs xattrs) {
        return new Metadata(permissions, 1000, 100, 1_700_000_000L, 0, xattrs);
    }

    static Xattrs xattrs(String... namesAndValues) {
        Map<String, ByteBuffer> values = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put(namesAndValues[i], ByteBuffer.wrap(namesAndValues[i + 1].getBytes(StandardCharsets.ISO_8859_1)));
        }
        return new Xattrs(values);
    }

    private FileNode.RegularFile file(Metadata metadata, byte[] bytes) throws IOException {
        return new FileNode.RegularFile(metadata, store.store(new ByteArrayInputStream(bytes), bytes.length));
    }

    private FileNode.RegularFile file(byte[] bytes) throws IOException {
        return file(metadata(0644, Xattrs.NONE), bytes);
    }

    /** Half text, half noise: some blocks compress and some do not. */
    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        for (int i = 0; i < length / 2; i++) {
            bytes[i] = (byte) ('a' + (i / 7) % 23);
        }
        return bytes;
    }

    static FileNode.Directory directory(Metadata metadata, Map<EntryName, FileNode> children) {
        return new FileNode.Directory(metadata, children);
    }

    private FileTree tree(int block, int names) throws IOException {
        String capability = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        Xattrs capabilities = xattrs("security.capability", capability);
        FileNode tool = file(metadata(04755, capabilities), bytes(5000));
        byte[] hosts = "127.0.0.1 localhost\n".getBytes(StandardCharsets.US_ASCII);
        Xattrs both = xattrs("security.capability", capability, "user.note", "first light");
        byte[] blocks = bytes(3 * block + 777);
        byte[] holes = new byte[3 * block];
        System.arraycopy(bytes(block), 0, holes, 0, block);
        holes[3 * block - 1] = 1;
        Map<EntryName, FileNode> many = new HashMap<>();
        for (int i = 0; i < names; i++) {
            many.put(
                    EntryName.of(String.format(java.util.Locale.ROOT, "%06d-%s", i, "n".repeat(i % 60))),
                    new FileNode.SymbolicLink(metadata(0777, Xattrs.NONE), new byte[] {'x'}));
        }
        Map<EntryName, FileNode> root = new HashMap<>();
        root.put(EntryName.of("bin"), plain(Map.of(EntryName.of("tool"), tool, EntryName.of("alias"), tool)));
        root.put(
                EntryName.of("etc"),
                plain(Map.of(
                        EntryName.of("hosts"), file(metadata(0600, both), hosts),
                        EntryName.of("copy"), file(hosts))));
        root.put(
                EntryName.of("data"),
                plain(Map.of(
                        EntryName.of("blocks"), file(blocks),
                        EntryName.of("again"), file(blocks.clone()),
                        EntryName.of("exact"), file(bytes(block)),
                        EntryName.of("holes"), file(holes),
                        EntryName.of("zeros"), file(new byte[2 * block + 5]),
                        EntryName.of("empty"), file(new byte[0]))));
        root.put(EntryName.of("dev"), devices());
        root.put(
                EntryName.of("link"),
                new FileNode.SymbolicLink(
                        metadata(0777, Xattrs.NONE), "etc/hosts".getBytes(StandardCharsets.US_ASCII)));
        root.put(
                EntryName.of("names"),
                plain(Map.of(EntryName.of(new byte[] {(byte) 0xff, (byte) 0xfe}), file(new byte[] {1}))));
        root.put(EntryName.of("past"), file(new Metadata(0644, 0, 0, -5, 0, Xattrs.NONE), new byte[] {2}));
        root.put(EntryName.of("future"), file(new Metadata(0644, 0, 0, 1L << 40, 0, Xattrs.NONE), new byte[] {3}));
        root.put(EntryName.of("many"), plain(many));
        return new FileTree(directory(metadata(0755, xattrs("user.root", "1")), root));
    }

    private static FileNode.Directory plain(Map<EntryName, FileNode> children) {
        return directory(metadata(0755, Xattrs.NONE), children);
    }

    private static FileNode.Directory devices() {
        Metadata metadata = metadata(0666, Xattrs.NONE);
        return plain(Map.of(
                EntryName.of("null"), new FileNode.Device(metadata, FileNode.DeviceKind.CHARACTER, 1, 3),
                EntryName.of("disk"), new FileNode.Device(metadata, FileNode.DeviceKind.BLOCK, 259, 70_000),
                EntryName.of("pipe"), new FileNode.Fifo(metadata),
                EntryName.of("socket"), new FileNode.Socket(metadata)));
    }
}

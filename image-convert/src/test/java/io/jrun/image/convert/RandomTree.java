package io.jrun.image.convert;

import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.MemoryContent;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Trees that use every corner of what a file system can hold; the same for the same seed. */
final class RandomTree {

    /** Data, a hole, data, a hole: its bytes are not the same when a reader moves them. */
    private static final class Sparse implements ReadableContent {

        private final byte[] bytes = new byte[900_000];

        Sparse(Random random) {
            for (DataExtent extent : dataExtents()) {
                for (long i = 0; i < extent.length(); i++) {
                    bytes[(int) (extent.offset() + i)] = (byte) (1 + random.nextInt(255));
                }
            }
        }

        @Override
        public long sizeInBytes() {
            return bytes.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public List<DataExtent> dataExtents() {
            return List.of(new DataExtent(0, 700), new DataExtent(300_000, 131_072), new DataExtent(700_000, 5));
        }
    }

    private final Random random;
    private final List<FileNode> leaves = new ArrayList<>();

    private RandomTree(long seed) {
        random = new Random(seed);
    }

    static FileTree of(long seed) {
        return new FileTree(new RandomTree(seed).directory(0));
    }

    private FileNode.Directory directory(int depth) {
        Map<EntryName, FileNode> children = new TreeMap<>();
        int count = 1 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            children.put(name(), depth < 5 && random.nextInt(3) == 0 ? directory(depth + 1) : leaf());
        }
        return new FileNode.Directory(metadata(true), children);
    }

    private EntryName name() {
        byte[] bytes = new byte[random.nextInt(8) == 0 ? 100 + random.nextInt(156) : 1 + random.nextInt(12)];
        for (int i = 0; i < bytes.length; i++) {
            int c = random.nextInt(20) == 0 ? 1 + random.nextInt(255) : 'a' + random.nextInt(26);
            bytes[i] = (byte) (c == '/' ? '_' : c);
        }
        return EntryName.isValid(bytes, 0, bytes.length) ? EntryName.of(bytes) : EntryName.of("plain");
    }

    private FileNode leaf() {
        if (!leaves.isEmpty() && random.nextInt(6) == 0) {
            return leaves.get(random.nextInt(leaves.size()));
        }
        FileNode made =
                switch (random.nextInt(10)) {
                    case 0 -> new FileNode.SymbolicLink(metadata(false), target());
                    case 1 -> new FileNode.Fifo(metadata(false));
                    case 2 ->
                        new FileNode.Device(
                                metadata(false),
                                random.nextBoolean() ? FileNode.DeviceKind.BLOCK : FileNode.DeviceKind.CHARACTER,
                                random.nextInt(4096),
                                random.nextInt(1 << 20));
                    case 3 -> new FileNode.RegularFile(metadata(true), new Sparse(random));
                    default -> new FileNode.RegularFile(metadata(true), new MemoryContent(bytes(random.nextInt(3000))));
                };
        leaves.add(made);
        return made;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] target() {
        byte[] target = new byte[1 + random.nextInt(200)];
        for (int i = 0; i < target.length; i++) {
            target[i] = (byte) (1 + random.nextInt(255));
        }
        return target;
    }

    private Metadata metadata(boolean takesXattrs) {
        long uid = random.nextInt(5) == 0 ? 3_000_000_000L : random.nextInt(70_000);
        int nanos = random.nextInt(3) == 0 ? random.nextInt(1_000_000_000) : 0;
        Map<String, ByteBuffer> xattrs = new TreeMap<>();
        if (takesXattrs && random.nextInt(3) == 0) {
            xattrs.put("user.any", ByteBuffer.wrap(bytes(random.nextInt(60))));
        }
        return new Metadata(
                random.nextInt(010000),
                uid,
                random.nextInt(70_000),
                random.nextInt(4) == 0 ? -random.nextInt(1_000_000) : random.nextInt(2_000_000_000),
                nanos,
                xattrs.isEmpty() ? Xattrs.NONE : new Xattrs(xattrs));
    }
}

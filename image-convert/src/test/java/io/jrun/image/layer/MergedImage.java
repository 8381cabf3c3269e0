package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.DirectlyReadable;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Layers merged in memory, and the tree as lines to compare. */
record MergedImage(FileTree tree, MergeReport report, List<String> stored, List<Integer> openings) {

    /** Large enough for every fixture, small enough that a damaged size cannot take the test's memory. */
    static final MergeLimits SMALL_LIMITS = new MergeLimits(100_000, 16 << 20, 100);

    /** Order of a walk: what a directory holds comes right behind it, even before siblings that go on with "!". */
    static final Comparator<String> TREE_ORDER = Comparator.comparing(path -> path.replace('/', '\0'));

    private record Bytes(String text) implements FileContent {
        @Override
        public long sizeInBytes() {
            return text.length();
        }
    }

    /** Layers as they are numbered in a manifest: from the lowest up. */
    static MergedImage ofTars(MergeLimits limits, byte[]... layersFromBelow) throws IOException {
        List<String> stored = new ArrayList<>();
        Integer[] openings = new Integer[layersFromBelow.length];
        Arrays.fill(openings, 0);
        LayerMerger merger = new LayerMerger(inMemory(stored), limits);
        for (int i = layersFromBelow.length - 1; i >= 0; i--) {
            merger.merge(stream(layersFromBelow, i, openings));
        }
        FileTree tree = merger.finish();
        return new MergedImage(tree, merger.report(), stored, List.of(openings));
    }

    static MergedImage ofTars(byte[]... layersFromBelow) throws IOException {
        return ofTars(SMALL_LIMITS, layersFromBelow);
    }

    static MergedImage of(TarItem[]... layersFromBelow) throws IOException {
        return ofTars(Arrays.stream(layersFromBelow)
                .map(items -> TarBytes.of(TarBytes.Format.PAX, items))
                .toArray(byte[][]::new));
    }

    private static ContentStore inMemory(List<String> stored) {
        return (data, size) -> {
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            ByteBuffer buffer = ByteBuffer.allocate(4096);
            while (kept.size() < size) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), size - kept.size()));
                int count = DirectlyReadable.read(data, buffer);
                if (count < 0) {
                    throw new CorruptDataException(Failure.of("store a file", "its data ends early"));
                }
                kept.write(buffer.array(), 0, count);
            }
            String text = kept.toString(StandardCharsets.ISO_8859_1);
            stored.add(text);
            return new Bytes(text);
        };
    }

    private static LayerStream stream(byte[][] layers, int index, Integer[] openings) {
        return new LayerStream() {
            @Override
            public InputStream open() {
                openings[index]++;
                return new ByteArrayInputStream(layers[index]);
            }

            @Override
            public String name() {
                return "layer " + (index + 1) + " of " + layers.length;
            }
        };
    }

    /** "d/", "f=text", "s -> target", "p|", "c:1,3"; further names of one inode as "h => first name"; sorted. */
    List<String> listing() {
        List<String> lines = new ArrayList<>();
        describe((path, node, first) -> lines.add(first.isEmpty() ? path + drawn(node) : path + " => " + first));
        return lines;
    }

    private static String drawn(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return "/";
        } else if (node instanceof FileNode.RegularFile file) {
            return "=" + ((Bytes) file.content()).text();
        } else if (node instanceof FileNode.SymbolicLink link) {
            return " -> " + new String(link.target(), StandardCharsets.ISO_8859_1);
        } else if (node instanceof FileNode.Device device) {
            return (device.kind() == FileNode.DeviceKind.BLOCK ? ":b" : ":") + device.major() + "," + device.minor();
        } else {
            return "|";
        }
    }

    /** Path to everything about it; the root is "". */
    Map<String, String> fullListing() {
        Map<String, String> lines = new TreeMap<>();
        lines.put("", "/ " + metadata(tree.root()));
        describe((path, node, first) ->
                lines.put(path, (first.isEmpty() ? drawn(node) : " => " + first) + " " + metadata(node)));
        return lines;
    }

    private static String metadata(FileNode node) {
        Metadata metadata = node.metadata();
        StringBuilder text = new StringBuilder(String.format(
                "%04o %d:%d %d.%09d",
                metadata.permissions(),
                metadata.uid(),
                metadata.gid(),
                metadata.mtimeSeconds(),
                metadata.mtimeNanos()));
        metadata.xattrs()
                .values()
                .forEach((name, value) ->
                        text.append(' ').append(name).append('=').append(latin(value)));
        return text.toString();
    }

    private static String latin(ByteBuffer value) {
        return StandardCharsets.ISO_8859_1.decode(value.duplicate()).toString();
    }

    private interface Visitor {
        void visit(String path, FileNode node, String firstNameOfInode);
    }

    private void describe(Visitor visitor) {
        Map<FileNode, String> firstNames = new HashMap<>();
        describe("", tree.root(), firstNames, visitor);
    }

    private static void describe(
            String prefix, FileNode.Directory directory, Map<FileNode, String> firstNames, Visitor visitor) {
        for (Map.Entry<EntryName, FileNode> child : directory.children().entrySet()) {
            String path = prefix + new String(child.getKey().toBytes(), StandardCharsets.ISO_8859_1);
            FileNode node = child.getValue();
            String first = firstNames.putIfAbsent(node, path);
            visitor.visit(path, node, first == null ? "" : first);
            if (node instanceof FileNode.Directory inner) {
                describe(path + "/", inner, firstNames, visitor);
            }
        }
    }
}

package io.jrun.image.browse;

import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Collects files by their paths and writes them as an image file; directories come by themselves, mode 0755. */
final class SampleImage {

    /** A file still without its place. */
    interface Maker {
        FileNode make(SquashfsWriter writer) throws IOException;
    }

    private final Map<String, Maker> files = new LinkedHashMap<>();
    private final Map<String, FileNode> made = new HashMap<>();

    static Metadata metadata(int permissions, long uid, Xattrs xattrs) {
        return new Metadata(permissions, uid, uid, 1_600_000_000L, 0, xattrs);
    }

    static Xattrs xattr(String name, String value) {
        return new Xattrs(Map.of(name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8))));
    }

    SampleImage add(String path, Maker maker) {
        files.put(path, maker);
        return this;
    }

    SampleImage file(String path, String content) {
        return file(path, content, metadata(0644, 0, Xattrs.NONE));
    }

    SampleImage file(String path, String content, Metadata metadata) {
        return file(path, content.getBytes(StandardCharsets.UTF_8), metadata);
    }

    SampleImage file(String path, byte[] content, Metadata metadata) {
        return add(
                path,
                writer -> new FileNode.RegularFile(
                        metadata, writer.store(new ByteArrayInputStream(content), content.length)));
    }

    SampleImage symlink(String path, String target) {
        return add(
                path,
                writer -> new FileNode.SymbolicLink(
                        metadata(0777, 0, Xattrs.NONE), target.getBytes(StandardCharsets.UTF_8)));
    }

    SampleImage directory(String path) {
        return add(path, writer -> new FileNode.Directory(metadata(0755, 0, Xattrs.NONE), Map.of()));
    }

    SampleImage device(String path, int major, int minor) {
        return add(
                path,
                writer -> new FileNode.Device(
                        metadata(0600, 0, Xattrs.NONE), FileNode.DeviceKind.CHARACTER, major, minor));
    }

    SampleImage hardLink(String path, String to) {
        return add(path, writer -> made.get(to));
    }

    Path write(Path image, Compression compression) throws IOException {
        return write(image, SquashfsOptions.of(compression).withBlockSize(4096));
    }

    Path write(Path image, SquashfsOptions options) throws IOException {
        try (SquashfsWriter writer = new SquashfsWriter(image, options)) {
            for (Map.Entry<String, Maker> file : files.entrySet()) {
                made.put(file.getKey(), file.getValue().make(writer));
            }
            writer.finish(new FileTree(directoryBelow("")));
        }
        return image;
    }

    private FileNode.Directory directoryBelow(String prefix) {
        Map<EntryName, FileNode> children = new HashMap<>();
        for (Map.Entry<String, FileNode> file : made.entrySet()) {
            if (!file.getKey().startsWith(prefix)) {
                continue;
            }
            String rest = file.getKey().substring(prefix.length());
            int slash = rest.indexOf('/');
            if (slash < 0) {
                children.putIfAbsent(EntryName.of(rest.getBytes(StandardCharsets.UTF_8)), file.getValue());
            } else {
                String name = rest.substring(0, slash);
                EntryName key = EntryName.of(name.getBytes(StandardCharsets.UTF_8));
                if (!children.containsKey(key)) {
                    children.put(key, directoryBelow(prefix + name + "/"));
                }
            }
        }
        return new FileNode.Directory(metadata(0755, 0, Xattrs.NONE), children);
    }
}

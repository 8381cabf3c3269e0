package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A file tree for tests; links are followed at the last component only. Parents of what is added come by themselves. */
public final class InMemoryFiles implements HostFiles {

    private record Node(FileKind kind, ByteString content, ByteString link) {}

    private final Map<ByteString, Node> nodes = new TreeMap<>();
    private final Set<ByteString> programs = new TreeSet<>();
    private String fileSystemType = "ext4";

    public InMemoryFiles directory(String path) {
        return add(path, new Node(FileKind.DIRECTORY, ByteString.of(""), ByteString.of("")));
    }

    public InMemoryFiles file(String path, String content) {
        return add(path, new Node(FileKind.REGULAR, ByteString.of(content), ByteString.of("")));
    }

    public InMemoryFiles link(String path, String target) {
        return add(path, new Node(FileKind.SYMLINK, ByteString.of(""), ByteString.of(target)));
    }

    public InMemoryFiles of(String path, FileKind kind) {
        return add(path, new Node(kind, ByteString.of(""), ByteString.of("")));
    }

    private InMemoryFiles add(String path, Node node) {
        for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
            nodes.putIfAbsent(
                    ByteString.of(path.substring(0, slash)),
                    new Node(FileKind.DIRECTORY, ByteString.of(""), ByteString.of("")));
        }
        nodes.put(ByteString.of(path), node);
        return this;
    }

    /** A file that may be executed. */
    public InMemoryFiles program(String path) {
        programs.add(ByteString.of(path));
        return file(path, "#!/bin/sh");
    }

    /** Of all that is in the tree. */
    public InMemoryFiles fileSystem(String type) {
        fileSystemType = type;
        return this;
    }

    @Override
    public FileStatus lstat(ByteString path) {
        Node node = nodes.get(path);
        if (node == null) {
            return FileStatus.absent(FileKind.MISSING);
        }
        return node.kind().isPresent()
                ? new FileStatus(
                        node.kind(),
                        2049,
                        path.hashCode() & 0xffff,
                        node.content().length(),
                        1000,
                        5,
                        programs.contains(path) ? 0100755 : 0100644)
                : FileStatus.absent(node.kind());
    }

    @Override
    public FileStatus stat(ByteString path) {
        return lstat(followed(path));
    }

    private ByteString followed(ByteString path) {
        ByteString place = path;
        for (int i = 0; i < 10 && readLink(place).isPresent(); i++) {
            ByteString target = readLink(place).get();
            String text = place.toString();
            place = target.startsWith("/")
                    ? target
                    : ByteString.of(text.substring(0, text.lastIndexOf('/') + 1))
                            .plus(target);
        }
        return place;
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        Node node = nodes.get(path);
        return node != null && node.kind() == FileKind.SYMLINK ? Optional.of(node.link()) : Optional.empty();
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) {
        Node node = nodes.get(followed(path));
        return node == null ? Optional.empty() : Optional.of(node.content().toBytes());
    }

    @Override
    public List<ByteString> list(ByteString path) {
        List<ByteString> names = new ArrayList<>();
        ByteString above = path.plus(ByteString.of("/"));
        for (ByteString node : nodes.keySet()) {
            boolean below = node.startsWith(above.toString());
            if (below && node.indexOf('/', above.length()) < 0) {
                names.add(node.substring(above.length()));
            }
        }
        return names;
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return Optional.of(fileSystemType);
    }
}

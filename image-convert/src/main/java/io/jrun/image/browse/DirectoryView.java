package io.jrun.image.browse;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A directory of the host, such as a container's root. No call follows a symbolic link in its last component; who can
 * exchange directories while they are read can read them anyway.
 */
public final class DirectoryView implements TreeView {

    /** Attributes of the JDK's Linux provider beside the documented ones. */
    private static final String ATTRIBUTES = "unix:mode,ino,dev,rdev,uid,gid,size,lastModifiedTime";

    private final Path root;
    private final String name;

    /** @param name as the user said it */
    public DirectoryView(Path root, String name) {
        this.root = root;
        this.name = name;
    }

    private record HostFile(Path path, FileNode node, Object identity) implements ViewedFile {}

    private record InodeNumber(long device, long inode) {}

    /** Content that is read from the host when it is opened. */
    private record HostContent(Path path, long sizeInBytes) implements ReadableContent {
        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ViewedFile root() throws IOException {
        return read(root);
    }

    @Override
    public void list(ViewedFile directory, Visitor visitor) throws IOException {
        Path path = ((HostFile) directory).path();
        Map<EntryName, Path> names = new TreeMap<>();
        try (DirectoryStream<Path> listing = Files.newDirectoryStream(path)) {
            for (Path child : listing) {
                names.put(EntryName.of(HostNames.lastName(child)), child);
            }
        } catch (IOException e) {
            throw translated("list", path, e);
        }
        for (Map.Entry<EntryName, Path> entry : names.entrySet()) {
            if (!visitor.entry(entry.getKey(), () -> read(entry.getValue()))) {
                return;
            }
        }
    }

    @Override
    public Optional<ViewedFile> child(ViewedFile directory, EntryName wanted) throws IOException {
        Path parent = ((HostFile) directory).path();
        byte[] absolute = HostNames.bytes(parent.toAbsolutePath());
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        path.writeBytes(absolute);
        path.write('/');
        path.writeBytes(wanted.toBytes());
        Path child = HostNames.path(path.toByteArray());
        return Files.exists(child, LinkOption.NOFOLLOW_LINKS) ? Optional.of(read(child)) : Optional.empty();
    }

    private HostFile read(Path path) throws IOException {
        try {
            Map<String, Object> facts = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            FileNode node = node(path, facts);
            Object identity = node instanceof FileNode.Directory
                    ? path
                    : new InodeNumber((Long) facts.get("dev"), (Long) facts.get("ino"));
            return new HostFile(path, node, identity);
        } catch (IOException e) {
            throw translated("read", path, e);
        }
    }

    private static FileNode node(Path path, Map<String, Object> facts) throws IOException {
        int mode = (Integer) facts.get("mode");
        long nanos = ((FileTime) facts.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS);
        Metadata metadata = new Metadata(
                mode & 07777,
                Integer.toUnsignedLong((Integer) facts.get("uid")),
                Integer.toUnsignedLong((Integer) facts.get("gid")),
                Math.floorDiv(nanos, 1_000_000_000L),
                (int) Math.floorMod(nanos, 1_000_000_000L),
                Xattrs.NONE);
        long device = (Long) facts.get("rdev");
        // Source: makedev(3).
        int major = (int) ((device >> 8) & 0xfff);
        int minor = (int) ((device & 0xff) | ((device >> 12) & 0xfff00));
        return switch (mode & 0170000) {
            case 0040000 -> new FileNode.Directory(metadata, Map.of());
            case 0100000 -> new FileNode.RegularFile(metadata, new HostContent(path, (Long) facts.get("size")));
            case 0120000 -> new FileNode.SymbolicLink(metadata, HostNames.linkTarget(path));
            case 0060000 -> new FileNode.Device(metadata, FileNode.DeviceKind.BLOCK, major, minor);
            case 0020000 -> new FileNode.Device(metadata, FileNode.DeviceKind.CHARACTER, major, minor);
            case 0010000 -> new FileNode.Fifo(metadata);
            default -> new FileNode.Socket(metadata);
        };
    }

    private static IOException translated(String verb, Path path, IOException e) {
        Failure failure = Failure.of(verb + " " + path, FileFailure.cause(e));
        if (e instanceof NoSuchFileException) {
            return new NotFoundException(failure, e);
        } else if (e instanceof AccessDeniedException) {
            return new DeniedException(failure, e);
        }
        return new StorageException(failure, e);
    }

    @Override
    public boolean keepsEverything() {
        return false;
    }

    @Override
    public CorruptDataException impossible(String why) {
        return new CorruptDataException(Failure.of("read " + root, why));
    }

    @Override
    public void close() {}
}

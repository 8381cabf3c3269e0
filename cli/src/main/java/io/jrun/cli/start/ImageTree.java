package io.jrun.cli.start;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.StorageException;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsInode;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.ReadableContent;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.PathView;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.launch.ImageAccess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An image file's tree by absolute paths; symbolic links never leave it. */
public final class ImageTree implements HostFiles {

    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_REGULAR = 0100000;
    private static final int TYPE_SYMLINK = 0120000;

    private final SquashfsImage image;

    public ImageTree(SquashfsImage image) {
        this.image = image;
    }

    /** As {@link ImageAccess#open} says. */
    public static ImageAccess.OpenImage open(Path imageFile, long offset) throws IOException {
        SquashfsImage image = SquashfsImage.open(imageFile, offset);
        return new ImageAccess.OpenImage(new ImageTree(image), image.positionInFile());
    }

    private Optional<FileNode> node(ByteString path) {
        List<EntryName> names = new ArrayList<>();
        for (ByteString name : RootfsResolver.components(path)) {
            byte[] bytes = name.toBytes();
            if (!EntryName.isValid(bytes, 0, bytes.length)) {
                return Optional.empty();
            }
            names.add(EntryName.of(bytes));
        }
        try {
            return image.lookup(names);
        } catch (IOException reportedByTheKernelOnUse) {
            return Optional.empty();
        }
    }

    @Override
    public FileStatus lstat(ByteString path) {
        Optional<FileNode> node = node(path);
        if (node.isEmpty()) {
            return FileStatus.absent(FileKind.MISSING);
        }
        Metadata metadata = node.get().metadata();
        FileKind kind = kind(node.get());
        return new FileStatus(
                kind,
                0,
                0,
                node.get() instanceof FileNode.RegularFile file ? file.content().sizeInBytes() : 0,
                metadata.mtimeSeconds(),
                metadata.mtimeNanos(),
                metadata.permissions() | type(kind));
    }

    private static FileKind kind(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return FileKind.DIRECTORY;
        } else if (node instanceof FileNode.RegularFile) {
            return FileKind.REGULAR;
        }
        return node instanceof FileNode.SymbolicLink ? FileKind.SYMLINK : FileKind.SPECIAL;
    }

    private static int type(FileKind kind) {
        return switch (kind) {
            case DIRECTORY -> TYPE_DIRECTORY;
            case REGULAR -> TYPE_REGULAR;
            case SYMLINK -> TYPE_SYMLINK;
            default -> 0;
        };
    }

    @Override
    public FileStatus stat(ByteString path) {
        Optional<ByteString> place = followed(path);
        return place.isPresent() ? lstat(place.get()) : FileStatus.absent(FileKind.UNKNOWN);
    }

    private Optional<ByteString> followed(ByteString path) {
        try {
            return Optional.of(RootfsResolver.resolve(PathView.of(ByteString.of(""), this), path)
                    .path());
        } catch (JrunException endlessLinks) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        Optional<FileNode> node = node(path);
        return node.isPresent() && node.get() instanceof FileNode.SymbolicLink link
                ? Optional.of(ByteString.of(link.target()))
                : Optional.empty();
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        Optional<ByteString> place = followed(path);
        Optional<FileNode> node = place.isPresent() ? node(place.get()) : Optional.empty();
        if (node.isEmpty()
                || !(node.get() instanceof FileNode.RegularFile file)
                || !(file.content() instanceof ReadableContent content)) {
            return Optional.empty();
        }
        if (content.sizeInBytes() > maxBytes) {
            throw new StorageException(Failure.of("read " + path + " of the image", "it is larger than expected")
                    .comparing("at most " + maxBytes + " bytes", content.sizeInBytes() + " bytes"));
        }
        try (InputStream in = content.open()) {
            return Optional.of(in.readAllBytes());
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptDataException(
                    Failure.of("read " + path + " of the image", String.valueOf(e.getMessage())), e);
        }
    }

    /** Of a directory; empty for whatever else is there. */
    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        Optional<ByteString> place = followed(path);
        List<ByteString> found = new ArrayList<>();
        if (place.isEmpty() || lstat(place.get()).kind() != FileKind.DIRECTORY) {
            return found;
        }
        try {
            SquashfsInode at = image.root();
            for (ByteString name : RootfsResolver.components(place.get())) {
                at = child(at, EntryName.of(name.toBytes()));
            }
            image.list(at, (name, reference) -> found.add(ByteString.of(name.toBytes())));
            return found;
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptDataException(
                    Failure.of("list " + path + " of the image", String.valueOf(e.getMessage())), e);
        }
    }

    private SquashfsInode child(SquashfsInode directory, EntryName name) throws IOException {
        List<Long> references = new ArrayList<>(1);
        image.list(directory, (entry, reference) -> {
            if (entry.equals(name)) {
                references.add(reference);
            }
            return entry.compareTo(name) < 0;
        });
        if (references.isEmpty()) {
            throw new NoSuchFileException(name.toString());
        }
        return image.inode(references.get(0));
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return Optional.of("squashfs");
    }
}

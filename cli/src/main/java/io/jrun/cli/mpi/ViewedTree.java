package io.jrun.cli.mpi;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.browse.TreeView;
import io.jrun.image.browse.ViewedFile;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.ReadableContent;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostTree;
import io.jrun.runtime.host.RootfsResolver;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tree of an image as the runtime reads trees. What cannot be read of it ends as {@link UncheckedIOException}. */
final class ViewedTree implements HostTree {

    /** The largest libraries of MPIs and drivers have some hundred MiB. */
    private static final long MAX_CONTENT = 1L << 29;

    private final TreeView view;
    private final Map<ByteString, Optional<ViewedFile>> seen = new HashMap<>();

    ViewedTree(TreeView view) {
        this.view = view;
    }

    /** Links are not followed, on the way neither. */
    private Optional<ViewedFile> file(ByteString path) {
        List<ByteString> names = RootfsResolver.components(path);
        try {
            Optional<ViewedFile> file = Optional.of(view.root());
            ByteString reached = ByteString.of("");
            for (ByteString name : names) {
                reached = reached.plus(ByteString.of("/")).plus(name);
                Optional<ViewedFile> known = seen.get(reached);
                if (known == null) {
                    known = child(file, name);
                    seen.put(reached, known);
                }
                file = known;
            }
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<ViewedFile> child(Optional<ViewedFile> directory, ByteString name) throws IOException {
        byte[] bytes = name.toBytes();
        boolean possible =
                directory.isPresent() && directory.get().isDirectory() && EntryName.isValid(bytes, 0, bytes.length);
        return possible ? view.child(directory.get(), EntryName.of(bytes)) : Optional.empty();
    }

    @Override
    public FileStatus lstat(ByteString path) {
        Optional<ViewedFile> file = file(path);
        if (file.isEmpty()) {
            return FileStatus.absent(FileKind.MISSING);
        }
        FileNode node = file.get().node();
        long size =
                node instanceof FileNode.RegularFile regular ? regular.content().sizeInBytes() : 0;
        return new FileStatus(
                kind(node),
                0,
                0,
                size,
                node.metadata().mtimeSeconds(),
                node.metadata().mtimeNanos(),
                node.metadata().permissions());
    }

    private static FileKind kind(FileNode node) {
        if (node instanceof FileNode.Directory) {
            return FileKind.DIRECTORY;
        } else if (node instanceof FileNode.RegularFile) {
            return FileKind.REGULAR;
        }
        return node instanceof FileNode.SymbolicLink ? FileKind.SYMLINK : FileKind.SPECIAL;
    }

    /** Paths come here resolved. */
    @Override
    public FileStatus stat(ByteString path) {
        return lstat(path);
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        Optional<ViewedFile> file = file(path);
        return file.isPresent() && file.get().node() instanceof FileNode.SymbolicLink link
                ? Optional.of(ByteString.of(link.target()))
                : Optional.empty();
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        Optional<ViewedFile> file = file(path);
        if (file.isEmpty() || !(file.get().node() instanceof FileNode.RegularFile regular)) {
            return Optional.empty();
        }
        if (regular.content().sizeInBytes() > maxBytes) {
            throw new StorageException(Failure.of("read " + path + " of " + view.name(), "it is larger than expected")
                    .comparing(
                            "at most " + maxBytes + " bytes", regular.content().sizeInBytes() + " bytes"));
        }
        return Optional.of(content(path, regular));
    }

    private byte[] content(ByteString path, FileNode.RegularFile file) throws JrunException {
        if (!(file.content() instanceof ReadableContent content)) {
            throw new IllegalStateException("content that cannot be read: " + path);
        }
        try (InputStream in = content.open()) {
            return in.readAllBytes();
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new CorruptDataException(
                    Failure.of("read " + path + " of " + view.name(), String.valueOf(e.getMessage())), e);
        }
    }

    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        Optional<ViewedFile> directory = file(path);
        List<ByteString> names = new ArrayList<>();
        if (directory.isEmpty() || !directory.get().isDirectory()) {
            return names;
        }
        try {
            view.list(directory.get(), (name, opener) -> names.add(ByteString.of(name.toBytes())));
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return Optional.empty();
    }

    @Override
    public Optional<DeviceNumber> deviceNumber(ByteString path) {
        return Optional.empty();
    }

    @Override
    public Opening tryOpen(ByteString device, Use use) {
        return new Opening(Optional.of("devices of an image are not opened"));
    }

    @Override
    public SeekableByteChannel open(ByteString path) throws IOException {
        Optional<ViewedFile> file = file(path);
        if (file.isEmpty() || !(file.get().node() instanceof FileNode.RegularFile regular)) {
            throw new NotFoundException(
                    Failure.of("read " + path + " of " + view.name(), "there is no such file (ENOENT)"));
        }
        if (regular.content().sizeInBytes() > MAX_CONTENT) {
            throw new StorageException(
                    Failure.of("read " + path + " of " + view.name(), "it is too large for a library"));
        }
        return new BytesChannel(content(path, regular));
    }
}

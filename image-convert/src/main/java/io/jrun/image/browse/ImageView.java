package io.jrun.image.browse;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsInode;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An image file. Opening it reads the superblock; everything else is read on the way to what is asked for. */
public final class ImageView implements TreeView {

    private final Path path;
    private final SquashfsImage image;

    private ImageView(Path path, SquashfsImage image) {
        this.path = path;
        this.image = image;
    }

    /** The caller closes. */
    public static ImageView open(Path path) throws IOException {
        return new ImageView(path, SquashfsImage.open(path));
    }

    private record Inode(SquashfsInode inode) implements ViewedFile {
        @Override
        public FileNode node() {
            return inode.node();
        }

        @Override
        public Object identity() {
            return inode.reference();
        }
    }

    public SquashfsImage image() {
        return image;
    }

    public Path path() {
        return path;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public ViewedFile root() throws IOException {
        return new Inode(image.root());
    }

    @Override
    public void list(ViewedFile directory, Visitor visitor) throws IOException {
        image.list(
                ((Inode) directory).inode(),
                (name, reference) -> visitor.entry(name, () -> new Inode(image.inode(reference))));
    }

    @Override
    public Optional<ViewedFile> child(ViewedFile directory, EntryName name) throws IOException {
        List<Long> found = new ArrayList<>(1);
        image.list(((Inode) directory).inode(), (entry, reference) -> {
            if (entry.equals(name)) {
                found.add(reference);
            }
            return entry.compareTo(name) < 0;
        });
        return found.isEmpty() ? Optional.empty() : Optional.of(new Inode(image.inode(found.get(0))));
    }

    @Override
    public boolean keepsEverything() {
        return true;
    }

    @Override
    public CorruptDataException impossible(String why) {
        return new CorruptDataException(Failure.of("read " + path, why));
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}

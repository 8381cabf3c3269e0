package io.jrun.image.writer.directory;

import io.jrun.error.JrunException;
import io.jrun.image.tree.FileNode;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a new tree has beside its files: the root, the directories before them, hard links and directories' attributes after. */
final class Skeleton implements AutoCloseable {

    private final Posix posix;
    private final String what;
    private final int root;

    private Skeleton(Posix posix, String what, int root) {
        this.posix = posix;
        this.what = what;
        this.root = root;
    }

    /** Makes the directory {@code target}, which must not exist. */
    static Skeleton make(Posix posix, ByteString target) throws JrunException {
        String what = "create " + target;
        try {
            posix.mkdirat(Posix.WORKING_DIRECTORY, target.toBytes(), 0700);
            int root = posix.openat(Posix.WORKING_DIRECTORY, target.toBytes(), Posix.OpenMode.DIRECTORY, 0);
            return new Skeleton(posix, what, root);
        } catch (PosixException e) {
            throw e.during(what);
        }
    }

    int root() {
        return root;
    }

    /** There is no call that only tells; for a moment new files of this process are the caller's alone. */
    int umask() {
        int mask = posix.umask(077);
        posix.umask(mask);
        return mask;
    }

    @Override
    public void close() throws JrunException {
        try {
            posix.close(root);
        } catch (PosixException e) {
            throw e.during(what);
        }
    }

    void makeDirectories(Layout layout, NodeMaker maker) throws IOException {
        List<Place> all = layout.directories();
        try (DirectoryHandles directories = new DirectoryHandles(posix, root)) {
            for (Place place : all.subList(1, all.size())) {
                try {
                    maker.makeDirectory(directories.of(place.parent()), place.name());
                } catch (PosixException e) {
                    throw e.during("create directory " + place);
                }
            }
        } catch (PosixException e) {
            throw e.during("create directories");
        }
    }

    void makeHardLinks(Layout layout) throws IOException {
        try (DirectoryHandles directories = new DirectoryHandles(posix, root)) {
            for (Layout.HardLink link : layout.hardLinks()) {
                makeHardLink(link, directories);
            }
        } catch (PosixException e) {
            throw e.during("create hard links");
        }
    }

    private void makeHardLink(Layout.HardLink link, DirectoryHandles directories) throws JrunException {
        Place first = link.first();
        Place name = link.name();
        try {
            int to = directories.of(name.parent());
            posix.linkat(directories.of(first.parent()), first.name(), to, name.name());
        } catch (PosixException e) {
            // The inode itself was not made: a device, counted there.
            if (!(first.node() instanceof FileNode.Device && e.is(Errno.ENOENT))) {
                throw e.during("create hard link " + name);
            }
        }
    }

    /** Last of all, because everything made in a directory changes its time stamp. */
    void finishDirectories(Layout layout, NodeMaker maker, Tally tally) throws IOException {
        List<Place> all = layout.directories();
        List<Place> deepestFirst = new ArrayList<>(all.subList(1, all.size()));
        Collections.reverse(deepestFirst);
        try (DirectoryHandles directories = new DirectoryHandles(posix, root)) {
            for (Place place : deepestFirst) {
                try {
                    maker.finishDirectory(directories.of(place.parent()), place);
                } catch (PosixException e) {
                    throw e.during("complete directory " + place);
                }
            }
            maker.finishRoot(root, all.get(0).node().metadata());
            tally.inodes.increment();
        } catch (PosixException e) {
            throw e.during("complete directories");
        }
    }
}

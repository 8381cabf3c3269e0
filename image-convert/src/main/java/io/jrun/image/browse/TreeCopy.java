package io.jrun.image.browse;

import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.directory.DirectoryExtractor;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.Posix.RenameMode;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Copies a file or directory out of a tree. Everything is made under a hidden name beside the target and gets its name
 * by one rename(2): there is never half a copy under the target's name.
 */
public final class TreeCopy {

    private final Posix posix;
    private final int threads;

    public TreeCopy(Posix posix, int threads) {
        this.posix = posix;
        this.threads = threads;
    }

    /**
     * As cp(1): into {@code target} where that is a directory, else under that name. A file replaces a file; a directory
     * replaces nothing.
     *
     * @return what could not be kept
     */
    public ExtractionReport copy(TreeView view, PathResolver.Found from, Path target) throws IOException {
        boolean into = Files.isDirectory(target);
        if (into && from.path().depth() == 0) {
            throw new StorageException(Failure.of("copy the root of " + view.name(), target + " exists (EEXIST)")
                    .hint("name a directory that does not exist"));
        }
        Path parent = into ? target : target.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new NotFoundException(Failure.of("copy to " + target, "there is no directory for it (ENOENT)")
                    .hint("make it with `mkdir -p`"));
        }
        EntryName name = into
                ? from.path().names().get(from.path().depth() - 1)
                : EntryName.of(HostNames.lastName(target.toAbsolutePath()));
        ByteString directory = ByteString.of(HostNames.bytes(parent.toRealPath()));
        return copy(view, from, directory, name);
    }

    private ExtractionReport copy(TreeView view, PathResolver.Found from, ByteString parent, EntryName name)
            throws IOException {
        String hidden = ".jrun-copy-" + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime());
        ByteString temporary = parent.plus(ByteString.of("/" + hidden));
        FileTree tree = Subtree.of(view, from, name, posix.geteuid());
        try {
            ExtractionReport report = view instanceof ImageView image
                    ? new DirectoryExtractor(posix, threads).extract(image.image(), tree, temporary)
                    : new HostCopy(posix).copy(tree, temporary);
            rename(temporary, parent, name, from.file().isDirectory());
            return report;
        } finally {
            if (Files.exists(HostNames.path(temporary.toBytes()), LinkOption.NOFOLLOW_LINKS)) {
                new DirectoryRemover(posix).remove(temporary);
            }
        }
    }

    private void rename(ByteString temporary, ByteString parent, EntryName name, boolean directory) throws IOException {
        ByteString file = ByteString.of("/").plus(ByteString.of(name.toBytes()));
        ByteString made = temporary.plus(file);
        ByteString wanted = parent.plus(file);
        try {
            posix.renameat2(
                    Posix.WORKING_DIRECTORY,
                    made.toBytes(),
                    Posix.WORKING_DIRECTORY,
                    wanted.toBytes(),
                    directory ? RenameMode.NO_REPLACE : RenameMode.REPLACE);
        } catch (PosixException e) {
            if (e.is(Errno.ENOENT)) {
                throw new StorageException(
                        Failure.of("copy to " + wanted, "only root can make device nodes (EPERM)"), e);
            }
            throw e.during("copy to " + wanted);
        }
    }
}

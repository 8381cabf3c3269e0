package io.jrun.image.browse;

import io.jrun.error.JrunException;
import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.ReadableContent;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.posix.ByteString;
import io.jrun.posix.Posix;
import io.jrun.posix.Posix.OpenMode;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes a tree whose contents are plain streams, file by file. Everything belongs to the caller, without set-user-ID
 * bits; modes and times are kept, hard links too. Devices are left out.
 */
final class HostCopy {

    private static final int SET_IDS = 06000;
    private static final int OWNER_ALL = 0700;

    private final Posix posix;
    private final Map<FileNode, ByteString> firstNames = new HashMap<>();
    private long inodes;
    private long bytes;
    private long devices;
    private long setIds;

    HostCopy(Posix posix) {
        this.posix = posix;
    }

    private record Made(ByteString path, FileNode.Directory directory) {}

    /** @param target must not exist */
    ExtractionReport copy(FileTree tree, ByteString target) throws IOException {
        Deque<Made> toFill = new ArrayDeque<>();
        Deque<Made> toFinish = new ArrayDeque<>();
        make(target, tree.root(), toFill);
        while (!toFill.isEmpty()) {
            Made made = toFill.pop();
            toFinish.push(made);
            for (Map.Entry<EntryName, FileNode> child :
                    made.directory().children().entrySet()) {
                ByteString name =
                        ByteString.of("/").plus(ByteString.of(child.getKey().toBytes()));
                make(made.path().plus(name), child.getValue(), toFill);
            }
        }
        for (Made made : toFinish) {
            finish(made);
        }
        return new ExtractionReport(inodes, bytes, devices, 0, 0, setIds, 0);
    }

    private void make(ByteString path, FileNode node, Deque<Made> toFill) throws IOException {
        int here = Posix.WORKING_DIRECTORY;
        byte[] name = path.toBytes();
        try {
            if (firstNames.containsKey(node)) {
                posix.linkat(here, firstNames.get(node).toBytes(), here, name);
                return;
            }
            if (node instanceof FileNode.Directory directory) {
                posix.mkdirat(here, name, OWNER_ALL);
                toFill.push(new Made(path, directory));
            } else if (node instanceof FileNode.RegularFile file) {
                write(name, file);
            } else if (node instanceof FileNode.SymbolicLink link) {
                posix.symlinkat(link.target(), here, name);
                posix.utimensat(
                        here,
                        name,
                        node.metadata().mtimeSeconds(),
                        node.metadata().mtimeNanos());
            } else if (node instanceof FileNode.Device) {
                devices++;
                return;
            } else {
                int kind = node instanceof FileNode.Fifo ? Posix.FIFO : Posix.SOCKET;
                posix.mknodat(here, name, kind | mode(node), 0, 0);
            }
        } catch (PosixException e) {
            throw e.during("create " + path);
        }
        inodes++;
        if (!(node instanceof FileNode.Directory)) {
            firstNames.put(node, path);
        }
    }

    private int mode(FileNode node) {
        int mode = node.metadata().permissions();
        if ((mode & SET_IDS) != 0 && node instanceof FileNode.RegularFile) {
            setIds++;
        }
        return mode & ~SET_IDS;
    }

    private void write(byte[] name, FileNode.RegularFile file) throws IOException, PosixException {
        int descriptor = posix.openat(Posix.WORKING_DIRECTORY, name, OpenMode.CREATE_NEW, OWNER_ALL);
        try (InputStream in = ((ReadableContent) file.content()).open()) {
            byte[] some = new byte[256 * 1024];
            for (int length = in.read(some); length >= 0; length = in.read(some)) {
                posix.write(descriptor, ByteBuffer.wrap(some, 0, length));
                bytes += length;
            }
            posix.fchmod(descriptor, mode(file));
            posix.futimens(
                    descriptor, file.metadata().mtimeSeconds(), file.metadata().mtimeNanos());
        } finally {
            posix.close(descriptor);
        }
    }

    private void finish(Made made) throws JrunException {
        byte[] name = made.path().toBytes();
        FileNode.Directory directory = made.directory();
        try {
            posix.fchmodat(Posix.WORKING_DIRECTORY, name, (directory.metadata().permissions() & ~SET_IDS) | OWNER_ALL);
            posix.utimensat(
                    Posix.WORKING_DIRECTORY,
                    name,
                    directory.metadata().mtimeSeconds(),
                    directory.metadata().mtimeNanos());
        } catch (PosixException e) {
            throw e.during("complete " + made.path());
        }
    }
}

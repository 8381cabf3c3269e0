package io.jrun.image.writer.directory;

import io.jrun.posix.ByteString;
import io.jrun.posix.DirectoryEntry;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.util.List;

/**
 * Removes a directory and all below it. Every step is relative to an open directory and follows no symbolic link, so
 * nothing outside is ever touched; directories without permissions get them first. Trees of any depth: what lies deeper
 * than the descriptors of a process reach is moved up and removed from there.
 */
public final class DirectoryRemover {

    /** Descriptors held at once, one per level; a process may often have 1,024. */
    private static final int MAX_DEPTH = 256;

    private static final int OWNER_ALL = 0700;

    private final Posix posix;

    public DirectoryRemover(Posix posix) {
        this.posix = posix;
    }

    /**
     * Removes {@code directory}, or the file or link of that name. Nothing happens when there is none. A failure leaves
     * a part behind that a second call removes.
     */
    public void remove(ByteString directory) throws IOException {
        try {
            removeName(Posix.WORKING_DIRECTORY, directory.toBytes());
        } catch (PosixException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e.during("remove " + directory);
            }
        }
    }

    private void removeName(int parent, byte[] name) throws PosixException {
        try {
            posix.unlinkat(parent, name, Posix.UnlinkMode.FILE);
        } catch (PosixException e) {
            // POSIX has EPERM for a directory where Linux has EISDIR.
            if (!e.is(Errno.EISDIR) && !e.is(Errno.EPERM)) {
                throw e;
            }
            removeTop(parent, name);
        }
    }

    private void removeTop(int parent, byte[] name) throws PosixException {
        long movedUp;
        do {
            int top = openDirectory(parent, name);
            try {
                // Each round removes what the one before has moved up; a new descriptor lists from the start.
                Emptying emptying = new Emptying(top);
                emptying.empty(top, 1);
                movedUp = emptying.movedUp;
            } finally {
                posix.close(top);
            }
        } while (movedUp > 0);
        posix.unlinkat(parent, name, Posix.UnlinkMode.DIRECTORY);
    }

    /** Opens a directory for listing and removing, whatever its mode. */
    private int openDirectory(int parent, byte[] name) throws PosixException {
        try {
            return posix.openat(parent, name, Posix.OpenMode.DIRECTORY, 0);
        } catch (PosixException e) {
            if (!e.is(Errno.EACCES)) {
                throw e;
            }
            allowAll(parent, name);
            return posix.openat(parent, name, Posix.OpenMode.DIRECTORY, 0);
        }
    }

    /** By the inode that a descriptor holds: chmod by name would follow a link put there in between. */
    private void allowAll(int parent, byte[] name) throws PosixException {
        int held = posix.openat(parent, name, Posix.OpenMode.DIRECTORY_PATH, 0);
        try {
            byte[] path = ByteString.of("/proc/self/fd/" + held).toBytes();
            posix.fchmodat(Posix.WORKING_DIRECTORY, path, OWNER_ALL);
        } finally {
            posix.close(held);
        }
    }

    /** One walk through a tree. */
    private final class Emptying {

        private final int top;
        private long movedUp;
        private long names;

        private Emptying(int top) {
            this.top = top;
        }

        private void empty(int directory, int depth) throws PosixException {
            List<DirectoryEntry> entries = posix.getdents(directory);
            while (!entries.isEmpty()) {
                for (DirectoryEntry entry : entries) {
                    remove(directory, entry, depth);
                }
                entries = posix.getdents(directory);
            }
        }

        private void remove(int directory, DirectoryEntry entry, int depth) throws PosixException {
            byte[] name = entry.name().toBytes();
            if (entry.kind() == DirectoryEntry.Kind.DIRECTORY || !unlink(directory, name)) {
                removeDirectory(directory, name, depth);
            }
        }

        /** Returns false when it is a directory. */
        private boolean unlink(int directory, byte[] name) throws PosixException {
            try {
                posix.unlinkat(directory, name, Posix.UnlinkMode.FILE);
            } catch (PosixException e) {
                if (e.is(Errno.EISDIR)) {
                    return false;
                }
                if (!e.is(Errno.EACCES)) {
                    throw e;
                }
                posix.fchmod(directory, OWNER_ALL);
                posix.unlinkat(directory, name, Posix.UnlinkMode.FILE);
            }
            return true;
        }

        private void removeDirectory(int directory, byte[] name, int depth) throws PosixException {
            int child = openDirectory(directory, name);
            try {
                if (depth == MAX_DEPTH) {
                    moveUpChildren(child);
                } else {
                    empty(child, depth + 1);
                }
            } finally {
                posix.close(child);
            }
            try {
                posix.unlinkat(directory, name, Posix.UnlinkMode.DIRECTORY);
            } catch (PosixException e) {
                if (!e.is(Errno.EACCES)) {
                    throw e;
                }
                posix.fchmod(directory, OWNER_ALL);
                posix.unlinkat(directory, name, Posix.UnlinkMode.DIRECTORY);
            }
        }

        private void moveUpChildren(int directory) throws PosixException {
            posix.fchmod(directory, OWNER_ALL);
            List<DirectoryEntry> entries = posix.getdents(directory);
            while (!entries.isEmpty()) {
                for (DirectoryEntry entry : entries) {
                    moveUp(directory, entry.name().toBytes());
                    movedUp++;
                }
                entries = posix.getdents(directory);
            }
        }

        /** To a name that is free in the top directory. */
        private void moveUp(int directory, byte[] name) throws PosixException {
            boolean allowed = false;
            while (true) {
                byte[] free = ByteString.of(".jrun-removing-" + names++).toBytes();
                try {
                    posix.renameat2(directory, name, top, free, Posix.RenameMode.NO_REPLACE);
                    return;
                } catch (PosixException e) {
                    if (e.is(Errno.EACCES) && !allowed) {
                        // A directory that gets another parent must be writable itself.
                        allowAll(directory, name);
                        allowed = true;
                    } else if (!e.is(Errno.EEXIST)) {
                        throw e;
                    }
                }
            }
        }
    }
}

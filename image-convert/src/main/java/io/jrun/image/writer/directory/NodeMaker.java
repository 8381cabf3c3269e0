package io.jrun.image.writer.directory;

import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Makes inodes and gives them what the image records, as far as this user may. Root keeps everything; anyone else gets
 * files of his own that he can read, and directories that he can use and remove. Thread-safe.
 */
final class NodeMaker {

    private static final int SET_IDS = 06000;
    private static final int SPECIAL = 07000;
    private static final int OWNER_ALL = 0700;
    private static final int OWNER_READ = 0400;
    private static final int OWNER_READ_WRITE = 0600;
    private static final int OWNER_EXECUTE = 0100;
    private static final int ANY_EXECUTE = 0111;

    private final Posix posix;
    private final Tally tally;
    private final int umask;
    private final int euid;

    /** @param umask bits that the kernel takes away from the modes of new inodes */
    NodeMaker(Posix posix, Tally tally, int umask) {
        this.posix = posix;
        this.tally = tally;
        this.umask = umask;
        this.euid = posix.geteuid();
    }

    private boolean isRoot() {
        return euid == 0;
    }

    /** Makes a directory that the caller can fill; the rest comes with {@link #finishDirectory}. */
    void makeDirectory(int parent, byte[] name) throws PosixException {
        posix.mkdirat(parent, name, OWNER_ALL);
        tally.inodes.increment();
    }

    void finishDirectory(int parent, Place place) throws PosixException {
        Metadata metadata = place.node().metadata();
        if (isRoot()) {
            chown(parent, place.name(), metadata);
        } else {
            countOwner(metadata);
        }
        setXattrs(parent, place);
        int mode = directoryMode(metadata);
        if (mode != (OWNER_ALL & ~umask)) {
            posix.fchmodat(parent, place.name(), mode);
        }
        posix.utimensat(parent, place.name(), metadata.mtimeSeconds(), metadata.mtimeNanos());
    }

    /** As {@link #finishDirectory} for the root, which has no name here. */
    void finishRoot(int descriptor, Metadata metadata) throws PosixException {
        if (isRoot()) {
            chown(descriptor, metadata);
        } else {
            countOwner(metadata);
        }
        setXattrs(descriptor, metadata);
        posix.fchmod(descriptor, directoryMode(metadata));
        posix.futimens(descriptor, metadata.mtimeSeconds(), metadata.mtimeNanos());
    }

    private int directoryMode(Metadata metadata) {
        int mode = metadata.permissions();
        if (isRoot() || (mode & OWNER_ALL) == OWNER_ALL) {
            return mode;
        }
        tally.modes.increment();
        return mode | OWNER_ALL;
    }

    /** Opens a new file for its content. */
    int createFile(int parent, Place place) throws PosixException {
        int descriptor = posix.openat(parent, place.name(), Posix.OpenMode.CREATE_NEW, creationMode(place));
        tally.inodes.increment();
        return descriptor;
    }

    /** Attributes can only be set on a file that its mode lets the caller write. */
    private int creationMode(Place place) {
        int mode = fileMode(place.node().metadata());
        return place.node().metadata().xattrs().isEmpty() ? mode : mode | OWNER_READ_WRITE;
    }

    private int fileMode(Metadata metadata) {
        int mode = metadata.permissions();
        if (isRoot()) {
            return mode;
        }
        mode &= ~SET_IDS;
        return mode | OWNER_READ | ((mode & ANY_EXECUTE) != 0 ? OWNER_EXECUTE : 0);
    }

    /** As {@link #finishFile}, for a file that was made with another mode, its owner's alone. */
    void finishStagedFile(int descriptor, Place place) throws PosixException {
        finishFile(descriptor, place, true);
    }

    /** Completes a file whose content is written; the caller closes it. */
    void finishFile(int descriptor, Place place) throws PosixException {
        finishFile(descriptor, place, false);
    }

    private void finishFile(int descriptor, Place place, boolean madeOtherwise) throws PosixException {
        Metadata metadata = place.node().metadata();
        int mode = fileMode(metadata);
        // Owner before mode and attributes: chown(2) clears set-user-ID bits and capabilities, as write(2) does.
        if (isRoot()) {
            chown(descriptor, metadata);
        } else {
            countOwner(metadata);
            countMode(metadata, mode);
        }
        setXattrs(descriptor, metadata);
        if (madeOtherwise || (mode & (umask | SPECIAL)) != 0 || creationMode(place) != mode) {
            posix.fchmod(descriptor, mode);
        }
        posix.futimens(descriptor, metadata.mtimeSeconds(), metadata.mtimeNanos());
    }

    private void countMode(Metadata metadata, int mode) {
        if ((metadata.permissions() & SET_IDS) != 0) {
            tally.setIds.increment();
        }
        if ((mode & ~metadata.permissions()) != 0) {
            tally.modes.increment();
        }
    }

    /** Makes what is neither a directory nor a file with content. */
    void makeOther(int parent, Place place) throws PosixException {
        FileNode node = place.node();
        if (node instanceof FileNode.RegularFile) {
            int descriptor = createFile(parent, place);
            try {
                finishFile(descriptor, place);
            } finally {
                posix.close(descriptor);
            }
            return;
        }
        if (!create(parent, place)) {
            return;
        }
        tally.inodes.increment();
        Metadata metadata = node.metadata();
        if (isRoot()) {
            chown(parent, place.name(), metadata);
        } else {
            countOwner(metadata);
        }
        setXattrs(parent, place);
        if (!(node instanceof FileNode.SymbolicLink) && (metadata.permissions() & (umask | SPECIAL)) != 0) {
            posix.fchmodat(parent, place.name(), metadata.permissions());
        }
        posix.utimensat(parent, place.name(), metadata.mtimeSeconds(), metadata.mtimeNanos());
    }

    /** Returns false for what this user may not make. */
    private boolean create(int parent, Place place) throws PosixException {
        FileNode node = place.node();
        int mode = node.metadata().permissions();
        if (node instanceof FileNode.SymbolicLink link) {
            posix.symlinkat(link.target(), parent, place.name());
        } else if (node instanceof FileNode.Device device) {
            return makeDevice(parent, place.name(), device);
        } else {
            int kind = node instanceof FileNode.Fifo ? Posix.FIFO : Posix.SOCKET;
            posix.mknodat(parent, place.name(), kind | mode, 0, 0);
        }
        return true;
    }

    private boolean makeDevice(int parent, byte[] name, FileNode.Device device) throws PosixException {
        int kind = device.kind() == FileNode.DeviceKind.BLOCK ? Posix.BLOCK_DEVICE : Posix.CHARACTER_DEVICE;
        if (isRoot()) {
            try {
                posix.mknodat(parent, name, kind | device.metadata().permissions(), device.major(), device.minor());
                return true;
            } catch (PosixException e) {
                // Root of a user namespace may make no devices.
                if (!e.is(Errno.EPERM)) {
                    throw e;
                }
            }
        }
        tally.devices.increment();
        return false;
    }

    private void countOwner(Metadata metadata) {
        if (metadata.uid() != euid) {
            tally.owners.increment();
        }
    }

    private void chown(int descriptor, Metadata metadata) throws PosixException {
        try {
            posix.fchown(descriptor, metadata.uid(), metadata.gid());
        } catch (PosixException e) {
            countUnmappedOwner(e);
        }
    }

    private void chown(int parent, byte[] name, Metadata metadata) throws PosixException {
        try {
            posix.fchownat(parent, name, metadata.uid(), metadata.gid());
        } catch (PosixException e) {
            countUnmappedOwner(e);
        }
    }

    /** Root of a user namespace can give files only to IDs that the namespace maps. */
    private void countUnmappedOwner(PosixException e) throws PosixException {
        if (!e.is(Errno.EPERM) && !e.is(Errno.EINVAL)) {
            throw e;
        }
        tally.owners.increment();
    }

    private interface AttributeSetter {
        void set(byte[] name, byte[] value) throws PosixException;
    }

    private void setXattrs(int descriptor, Metadata metadata) throws PosixException {
        setXattrs(metadata, (name, value) -> posix.fsetxattr(descriptor, name, value));
    }

    private void setXattrs(int parent, Place place) throws PosixException {
        if (place.node().metadata().xattrs().isEmpty()) {
            return;
        }
        byte[] path = ByteString.of("/proc/self/fd/" + parent + "/")
                .plus(ByteString.of(place.name()))
                .toBytes();
        setXattrs(place.node().metadata(), (name, value) -> posix.lsetxattr(path, name, value));
    }

    private void setXattrs(Metadata metadata, AttributeSetter setter) throws PosixException {
        for (Map.Entry<String, ByteBuffer> attribute :
                metadata.xattrs().values().entrySet()) {
            if (!isRoot() && !attribute.getKey().startsWith("user.")) {
                tally.xattrs.increment();
                continue;
            }
            byte[] value = new byte[attribute.getValue().remaining()];
            attribute.getValue().duplicate().get(value);
            try {
                setter.set(ByteString.of(attribute.getKey()).toBytes(), value);
            } catch (PosixException e) {
                if (!e.is(Errno.EPERM) && !e.is(Errno.EOPNOTSUPP)) {
                    throw e;
                }
                tally.xattrs.increment();
            }
        }
    }
}

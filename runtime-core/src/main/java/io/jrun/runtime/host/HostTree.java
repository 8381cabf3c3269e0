package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.Optional;

/** The host's files for those who also read parts of large files and ask about device nodes. */
public interface HostTree extends HostFiles {

    /**
     * What open(2) for reading and writing says.
     *
     * @param refusal empty when the node opened; else the cause in words with its errno
     */
    record Opening(Optional<String> refusal) {
        public boolean isGranted() {
            return refusal.isEmpty();
        }
    }

    /** How a device node is to be used. */
    enum Use {
        READING,
        READING_AND_WRITING
    }

    /** @param block else a character device */
    record DeviceNumber(boolean block, int major, int minor) {}

    /** The numbers of a device node, through symbolic links; empty for whatever else is there. */
    Optional<DeviceNumber> deviceNumber(ByteString path);

    /**
     * Tries to open a device node. access(2) is asked first: it already tells what the cgroup's device filter refuses,
     * without waking a sleeping device. Source: fs/namei.c, inode_permission().
     */
    Opening tryOpen(ByteString device, Use use);

    /** For reading; the caller closes. */
    SeekableByteChannel open(ByteString file) throws IOException;
}

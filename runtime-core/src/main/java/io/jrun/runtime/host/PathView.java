package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.Optional;

/** A container's file tree as a path walk meets it; paths are absolute, without ".", ".." and symbolic links above. */
public interface PathView {

    FileKind kind(ByteString path);

    /** The text of a symbolic link; empty when it cannot be read. */
    Optional<ByteString> readLink(ByteString path);

    /** The tree that lies below a host directory. */
    static PathView of(ByteString rootfs, HostFiles files) {
        return new PathView() {
            @Override
            public FileKind kind(ByteString path) {
                return files.lstat(rootfs.plus(path)).kind();
            }

            @Override
            public Optional<ByteString> readLink(ByteString path) {
                return files.readLink(rootfs.plus(path));
            }
        };
    }
}

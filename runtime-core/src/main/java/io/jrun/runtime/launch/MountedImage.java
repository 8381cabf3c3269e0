package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import java.util.List;
import java.util.Optional;

/** The host's files as they will be with an image mounted at a directory. */
final class MountedImage implements HostFiles {

    private final HostFiles host;
    private final ByteString mountPoint;
    private final HostFiles image;

    MountedImage(HostFiles host, ByteString mountPoint, HostFiles image) {
        this.host = host;
        this.mountPoint = mountPoint;
        this.image = image;
    }

    /** Whether a path lies in the image. */
    static boolean covers(ByteString mountPoint, ByteString path) {
        return path.length() >= mountPoint.length()
                && path.substring(0, mountPoint.length()).equals(mountPoint)
                && (path.length() == mountPoint.length() || path.byteAt(mountPoint.length()) == '/');
    }

    private HostFiles filesOf(ByteString path) {
        return covers(mountPoint, path) ? image : host;
    }

    private ByteString place(ByteString path) {
        if (!covers(mountPoint, path)) {
            return path;
        }
        return path.length() == mountPoint.length() ? ByteString.of("/") : path.substring(mountPoint.length());
    }

    @Override
    public FileStatus lstat(ByteString path) {
        return filesOf(path).lstat(place(path));
    }

    @Override
    public FileStatus stat(ByteString path) {
        return filesOf(path).stat(place(path));
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        return filesOf(path).readLink(place(path));
    }

    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        return filesOf(path).list(place(path));
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return filesOf(path).fileSystemType(place(path));
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        return filesOf(path).read(place(path), maxBytes);
    }
}

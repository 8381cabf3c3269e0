package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import java.util.List;
import java.util.Optional;

/**
 * Any host: it has what every Linux host has and no configuration. Of files that options name it knows what this host
 * knows, and takes what is not here for a directory.
 */
final class GeneralHost implements HostFiles {

    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_REGULAR = 0100000;
    private static final List<String> DIRECTORIES = List.of("/proc", "/sys", "/dev", "/tmp");
    private static final List<String> FILES =
            List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/machine-id", "/etc/localtime");

    private final HostFiles here;

    GeneralHost(HostFiles here) {
        this.here = here;
    }

    @Override
    public FileStatus lstat(ByteString path) {
        return stat(path);
    }

    @Override
    public FileStatus stat(ByteString path) {
        String text = path.toString();
        if (DIRECTORIES.contains(text)) {
            return present(FileKind.DIRECTORY, TYPE_DIRECTORY);
        } else if (FILES.contains(text)) {
            return present(FileKind.REGULAR, TYPE_REGULAR);
        } else if (isConfiguration(path)) {
            return FileStatus.absent(FileKind.MISSING);
        }
        FileKind kind = here.stat(path).kind();
        return kind == FileKind.REGULAR || kind == FileKind.SPECIAL
                ? present(kind, TYPE_REGULAR)
                : present(FileKind.DIRECTORY, TYPE_DIRECTORY);
    }

    private static boolean isConfiguration(ByteString path) {
        return path.startsWith("/etc/");
    }

    private static FileStatus present(FileKind kind, int type) {
        return new FileStatus(kind, 0, 0, 0, 0, 0, type);
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        return Optional.empty();
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        return isConfiguration(path) ? Optional.empty() : here.read(path, maxBytes);
    }

    @Override
    public List<ByteString> list(ByteString path) {
        return List.of();
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return Optional.empty();
    }
}

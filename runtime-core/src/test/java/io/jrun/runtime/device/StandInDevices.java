package io.jrun.runtime.device;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostTree;
import io.jrun.runtime.host.KernelTree;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.List;
import java.util.Optional;

/** The real file system, in which files that hold the word "device" are the kernel's null device, or one that is refused. */
public final class StandInDevices implements HostTree {

    static final String OPEN = "device";
    static final String REFUSED = "device refused";

    private static final ByteString NULL = ByteString.of("/dev/null");

    private final KernelTree kernel = new KernelTree();

    private String content(ByteString path) {
        try {
            return kernel.read(path, 1 << 24)
                    .map(bytes -> bytes.length > 20 ? "" : new String(bytes, java.nio.charset.StandardCharsets.UTF_8))
                    .orElse("");
        } catch (JrunException unreadable) {
            return "";
        }
    }

    @Override
    public Optional<DeviceNumber> deviceNumber(ByteString path) {
        return content(path).startsWith(OPEN) ? kernel.deviceNumber(NULL) : Optional.empty();
    }

    @Override
    public Opening tryOpen(ByteString device, Use use) {
        return content(device).equals(REFUSED)
                ? new Opening(Optional.of("operation not permitted (EPERM)"))
                : kernel.tryOpen(NULL, use);
    }

    @Override
    public SeekableByteChannel open(ByteString file) throws IOException {
        return kernel.open(file);
    }

    @Override
    public FileStatus lstat(ByteString path) {
        return kernel.lstat(path);
    }

    @Override
    public FileStatus stat(ByteString path) {
        return kernel.stat(path);
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        return kernel.readLink(path);
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        return kernel.read(path, maxBytes);
    }

    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        return kernel.list(path);
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return kernel.fileSystemType(path);
    }
}

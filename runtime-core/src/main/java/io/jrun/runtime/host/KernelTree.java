package io.jrun.runtime.host;

import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The real file system, through the JDK alone. */
public final class KernelTree implements HostTree {

    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_CHARACTER = 0020000;
    private static final int TYPE_BLOCK = 0060000;

    private final KernelFiles files = new KernelFiles();

    @Override
    public FileStatus lstat(ByteString path) {
        return files.lstat(path);
    }

    @Override
    public FileStatus stat(ByteString path) {
        return files.stat(path);
    }

    @Override
    public Optional<ByteString> readLink(ByteString path) {
        return files.readLink(path);
    }

    @Override
    public Optional<byte[]> read(ByteString path, int maxBytes) throws JrunException {
        return files.read(path, maxBytes);
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return files.fileSystemType(path);
    }

    @Override
    public List<ByteString> list(ByteString path) throws JrunException {
        return files.list(path);
    }

    @Override
    public Optional<DeviceNumber> deviceNumber(ByteString path) {
        Optional<Path> named = HostPaths.toPath(path);
        if (named.isEmpty()) {
            return Optional.empty();
        }
        try {
            Map<String, Object> attributes = Files.readAttributes(named.get(), "unix:mode,rdev");
            int type = (Integer) attributes.get("mode") & TYPE_MASK;
            long number = (Long) attributes.get("rdev");
            return type == TYPE_CHARACTER || type == TYPE_BLOCK
                    ? Optional.of(new DeviceNumber(type == TYPE_BLOCK, major(number), minor(number)))
                    : Optional.empty();
        } catch (IOException noneThere) {
            return Optional.empty();
        }
    }

    /** Source: makedev(3), bits/sysmacros.h. */
    private static int major(long number) {
        return (int) ((number >>> 8 & 0xfff) | (number >>> 32 & ~0xfffL));
    }

    private static int minor(long number) {
        return (int) ((number & 0xff) | (number >>> 12 & ~0xffL));
    }

    @Override
    public Opening tryOpen(ByteString device, Use use) {
        Optional<Path> named = HostPaths.toPath(device);
        if (named.isEmpty()) {
            return new Opening(Optional.of("its name cannot be encoded (EILSEQ)"));
        }
        Path path = named.get();
        try {
            if (use == Use.READING) {
                path.getFileSystem().provider().checkAccess(path, AccessMode.READ);
                FileChannel.open(path, StandardOpenOption.READ).close();
            } else {
                path.getFileSystem().provider().checkAccess(path, AccessMode.READ, AccessMode.WRITE);
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                        .close();
            }
            return new Opening(Optional.empty());
        } catch (IOException refused) {
            return new Opening(Optional.of(FileFailure.cause(refused)));
        }
    }

    @Override
    public SeekableByteChannel open(ByteString file) throws IOException {
        Path path = HostPaths.toPath(file).orElseThrow(() -> new NoSuchFileException(file.toString()));
        return Files.newByteChannel(path, StandardOpenOption.READ);
    }
}

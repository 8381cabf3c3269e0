package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/** The files of an image as a tree whose files are read whole; no device in it is anybody's. */
final class ImageFiles implements HostTree {

    /** More than any library that a dynamic linker's own are. */
    private static final int MAX_BYTES = 64 << 20;

    private final HostFiles files;

    ImageFiles(HostFiles files) {
        this.files = files;
    }

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
    public List<ByteString> list(ByteString path) throws JrunException {
        return files.list(path);
    }

    @Override
    public Optional<String> fileSystemType(ByteString path) {
        return files.fileSystemType(path);
    }

    @Override
    public Optional<DeviceNumber> deviceNumber(ByteString path) {
        return Optional.empty();
    }

    @Override
    public Opening tryOpen(ByteString device, Use use) {
        return new Opening(Optional.of("it belongs to an image (EACCES)"));
    }

    @Override
    public SeekableByteChannel open(ByteString file) throws IOException {
        Optional<byte[]> content = files.read(file, MAX_BYTES);
        if (content.isEmpty()) {
            throw new NoSuchFileException(file.toString());
        }
        return new Content(ByteBuffer.wrap(content.get()));
    }

    /** Bytes for reading. */
    private static final class Content implements SeekableByteChannel {
        private final ByteBuffer bytes;
        private boolean open = true;

        Content(ByteBuffer bytes) {
            this.bytes = bytes;
        }

        private void requireOpen() throws ClosedChannelException {
            if (!open) {
                throw new ClosedChannelException();
            }
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            requireOpen();
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int size = Math.min(bytes.remaining(), to.remaining());
            to.put(bytes.slice(bytes.position(), size));
            bytes.position(bytes.position() + size);
            return size;
        }

        @Override
        public int write(ByteBuffer from) {
            throw new NonWritableChannelException();
        }

        @Override
        public long position() {
            return bytes.position();
        }

        @Override
        public SeekableByteChannel position(long to) throws IOException {
            requireOpen();
            bytes.position((int) Math.min(to, bytes.limit()));
            return this;
        }

        @Override
        public long size() {
            return bytes.limit();
        }

        @Override
        public SeekableByteChannel truncate(long size) {
            throw new NonWritableChannelException();
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            open = false;
        }
    }
}

package io.jrun.image.directory;

import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.ReadableContent;
import io.jrun.posix.FileStatus;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A regular file of the host, as it was when its directory was read. */
final class HostContent implements ReadableContent {

    private final HostDirectory host;
    private final ScannedDirectory directory;
    private final byte[] name;
    private final FileStatus status;

    HostContent(HostDirectory host, ScannedDirectory directory, byte[] name, FileStatus status) {
        this.host = host;
        this.directory = directory;
        this.name = name;
        this.status = status;
    }

    @Override
    public long sizeInBytes() {
        return status.sizeInBytes();
    }

    String path() {
        return directory.pathOf(name);
    }

    FileStatus status() {
        return status;
    }

    @Override
    public InputStream open() throws IOException {
        return new HostContentStream(host, this, host.openFile(directory, name, status));
    }

    /** Asked of the file system only where fewer blocks are taken than the size needs. */
    @Override
    public List<DataExtent> dataExtents() throws IOException {
        if (status.blocksOf512() * 512 >= sizeInBytes()) {
            return ReadableContent.super.dataExtents();
        }
        int descriptor = host.openFile(directory, name, status);
        try {
            return extents(descriptor);
        } catch (PosixException e) {
            throw e.during("find the holes of " + path());
        } finally {
            host.close(descriptor);
        }
    }

    private List<DataExtent> extents(int descriptor) throws PosixException {
        List<DataExtent> extents = new ArrayList<>();
        Optional<Long> data = host.reading().nextData(descriptor, 0);
        while (data.isPresent() && data.get() < sizeInBytes()) {
            long end = Math.min(sizeInBytes(), host.reading().nextHole(descriptor, data.get()));
            extents.add(new DataExtent(data.get(), end - data.get()));
            data = end < sizeInBytes() ? host.reading().nextData(descriptor, end) : Optional.empty();
        }
        return extents;
    }
}

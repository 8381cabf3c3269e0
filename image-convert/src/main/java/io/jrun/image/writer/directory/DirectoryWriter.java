package io.jrun.image.writer.directory;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.RootfsWriter;
import io.jrun.posix.ByteString;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Writes a tree as a directory while its contents arrive: each content goes at once to a file under a number, in a
 * directory beside the target, and is moved to its name when the tree is known. So nothing is written twice, and what an
 * unprivileged user may not set is left out and counted as {@link DirectoryExtractor} does.
 *
 * <p>The numbered files lie in {@code TARGET.contents}, which is gone when {@link #finish} has returned; after a failure
 * the caller removes both with {@link DirectoryRemover}. Nothing is made durable.
 */
public final class DirectoryWriter implements RootfsWriter {

    /** Zeros of this length, at a multiple of it, become holes. */
    private static final int CHUNK = 128 * 1024;

    private static final int OWNER_ONLY = 0600;

    private final Posix posix;
    private final ByteString target;
    private final ByteString staging;
    private final int stagingDirectory;
    private final Tally tally = new Tally();
    private final byte[] chunk = new byte[CHUNK];
    private long stored;
    private boolean open = true;

    private DirectoryWriter(Posix posix, ByteString target, ByteString staging, int stagingDirectory) {
        this.posix = posix;
        this.target = target;
        this.staging = staging;
        this.stagingDirectory = stagingDirectory;
    }

    /** @param target must not exist; its parent must */
    public static DirectoryWriter create(Posix posix, ByteString target) throws JrunException {
        ByteString staging = target.plus(ByteString.of(".contents"));
        try {
            posix.mkdirat(Posix.WORKING_DIRECTORY, staging.toBytes(), 0700);
            int directory = posix.openat(Posix.WORKING_DIRECTORY, staging.toBytes(), Posix.OpenMode.DIRECTORY, 0);
            return new DirectoryWriter(posix, target, staging, directory);
        } catch (PosixException e) {
            throw e.during("create " + target);
        }
    }

    @Override
    public FileContent store(InputStream data, long sizeInBytes) throws IOException {
        StagedContent content = new StagedContent(sizeInBytes, stored++);
        if (sizeInBytes == 0) {
            return content;
        }
        try {
            int descriptor = posix.openat(stagingDirectory, name(content), Posix.OpenMode.CREATE_NEW, OWNER_ONLY);
            try {
                write(data, sizeInBytes, descriptor);
            } finally {
                posix.close(descriptor);
            }
        } catch (PosixException e) {
            throw e.during("write a file of " + target);
        }
        tally.bytes.add(sizeInBytes);
        return content;
    }

    private static byte[] name(StagedContent content) {
        return ByteString.of(Long.toString(content.number())).toBytes();
    }

    private void write(InputStream data, long sizeInBytes, int descriptor) throws IOException, PosixException {
        long offset = 0;
        boolean endsInHole = false;
        while (offset < sizeInBytes) {
            int length = (int) Math.min(CHUNK, sizeInBytes - offset);
            int read = data.readNBytes(chunk, 0, length);
            if (read < length) {
                throw new CorruptDataException(Failure.of("store a file's content", "the data ends too early")
                        .comparing(sizeInBytes + " bytes", offset + read + " bytes"));
            }
            endsInHole = length == CHUNK && isZero(length);
            if (!endsInHole) {
                posix.pwrite(descriptor, ByteBuffer.wrap(chunk, 0, length), offset);
            }
            offset += length;
        }
        if (endsInHole) {
            posix.ftruncate(descriptor, sizeInBytes);
        }
    }

    private boolean isZero(int length) {
        return chunk[0] == 0 && Arrays.equals(chunk, 0, length - 1, chunk, 1, length);
    }

    @Override
    public void finish(FileTree tree) throws IOException {
        Layout layout = new Layout(tree);
        try (Skeleton skeleton = Skeleton.make(posix, target)) {
            NodeMaker maker = new NodeMaker(posix, tally, skeleton.umask());
            skeleton.makeDirectories(layout, maker);
            placeFiles(layout, maker, skeleton.root());
            makeOthers(layout, maker, skeleton.root());
            skeleton.makeHardLinks(layout);
            skeleton.finishDirectories(layout, maker, tally);
        }
        close();
        new DirectoryRemover(posix).remove(staging);
    }

    private void placeFiles(Layout layout, NodeMaker maker, int root) throws IOException {
        try (DirectoryHandles directories = new DirectoryHandles(posix, root)) {
            for (Place place : layout.files()) {
                try {
                    placeFile(place, maker, directories);
                } catch (PosixException e) {
                    throw e.during("create " + place);
                }
            }
        } catch (PosixException e) {
            throw e.during("create files");
        }
    }

    private void placeFile(Place place, NodeMaker maker, DirectoryHandles directories)
            throws IOException, PosixException {
        StagedContent content = (StagedContent) ((FileNode.RegularFile) place.node()).content();
        int parent = directories.of(place.parent());
        if (content.place().isPresent()) {
            copy(content.place().get(), place, directories);
        } else {
            posix.renameat2(stagingDirectory, name(content), parent, place.name(), Posix.RenameMode.REPLACE);
            content.placeAt(place);
        }
        int descriptor = posix.openat(directories.of(place.parent()), place.name(), Posix.OpenMode.WRITE, 0);
        try {
            maker.finishStagedFile(descriptor, place);
        } finally {
            posix.close(descriptor);
        }
        tally.inodes.increment();
    }

    /** Another inode with the same content: rare, because sources bring each file's content apart. */
    private void copy(Place from, Place to, DirectoryHandles directories) throws IOException, PosixException {
        int source = posix.openat(directories.of(from.parent()), from.name(), Posix.OpenMode.READ, 0);
        try (InputStream in = new FileInputStream("/proc/self/fd/" + source)) {
            int copy = posix.openat(directories.of(to.parent()), to.name(), Posix.OpenMode.CREATE_NEW, OWNER_ONLY);
            try {
                write(in, ((FileNode.RegularFile) to.node()).content().sizeInBytes(), copy);
            } finally {
                posix.close(copy);
            }
        } finally {
            posix.close(source);
        }
    }

    private void makeOthers(Layout layout, NodeMaker maker, int root) throws IOException {
        try (DirectoryHandles directories = new DirectoryHandles(posix, root)) {
            for (Place place : layout.others()) {
                try {
                    maker.makeOther(directories.of(place.parent()), place);
                } catch (PosixException e) {
                    throw e.during("create " + place);
                }
            }
        } catch (PosixException e) {
            throw e.during("create files");
        }
    }

    /** What was made; complete after {@link #finish}. */
    public ExtractionReport report() {
        return tally.report();
    }

    @Override
    public void close() throws IOException {
        if (open) {
            open = false;
            try {
                posix.close(stagingDirectory);
            } catch (PosixException e) {
                throw e.during("close " + staging);
            }
        }
    }
}

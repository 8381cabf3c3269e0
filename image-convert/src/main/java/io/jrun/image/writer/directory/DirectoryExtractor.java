package io.jrun.image.writer.directory;

import io.jrun.image.squashfs.ContentPiece;
import io.jrun.image.squashfs.ContentReader;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.posix.ByteString;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Unpacks an image file to a directory: all directories, then contents in the order in which they lie in the image, then
 * hard links, then what directories carry. Several threads share the contents.
 *
 * <p>A failure leaves what was made so far; the caller removes it with {@link DirectoryRemover}. Nothing is made
 * durable: what a crash cuts short is made again.
 */
public final class DirectoryExtractor {

    /** Links, empty files and directories that one thread handles in one go. */
    private static final int PLACES_PER_TASK = 128;

    private final Posix posix;
    private final int threads;
    private final LongConsumer written;

    /** @param threads at least 1; more than the cores of this process are of no use */
    public DirectoryExtractor(Posix posix, int threads) {
        this(posix, threads, bytes -> {});
    }

    /** @param written takes how many bytes of contents each piece of the work has read and written, from many threads */
    public DirectoryExtractor(Posix posix, int threads, LongConsumer written) {
        this.posix = posix;
        this.threads = threads;
        this.written = written;
    }

    /**
     * Makes the directory {@code target}, which must not exist, and everything in it.
     *
     * @throws io.jrun.error.StorageException when the disk is full or the target cannot be made
     * @throws io.jrun.error.CorruptDataException when the image is damaged
     */
    public ExtractionReport extract(SquashfsImage image, ByteString target) throws IOException {
        FileTree tree = image.readTree();
        return extract(image, tree, target);
    }

    /** As above, for a tree of that image which was read before. */
    public ExtractionReport extract(SquashfsImage image, FileTree tree, ByteString target) throws IOException {
        Layout layout = new Layout(tree);
        try (Skeleton skeleton = Skeleton.make(posix, target)) {
            Tally tally = new Tally();
            NodeMaker maker = new NodeMaker(posix, tally, skeleton.umask());
            skeleton.makeDirectories(layout, maker);
            makeContents(image, layout, maker, skeleton.root(), tally);
            skeleton.makeHardLinks(layout);
            skeleton.finishDirectories(layout, maker, tally);
            return tally.report();
        }
    }

    private void makeContents(SquashfsImage image, Layout layout, NodeMaker maker, int root, Tally tally)
            throws IOException {
        List<FileContent> contents = new ArrayList<>();
        for (Place place : layout.files()) {
            contents.add(((FileNode.RegularFile) place.node()).content());
            tally.bytes.add(contents.get(contents.size() - 1).sizeInBytes());
        }
        FileInProgress[] files = new FileInProgress[contents.size()];
        List<ExtractionTask> tasks = new ArrayList<>(eachOf(layout.others(), "create", maker::makeOther));
        for (ContentPiece piece : image.plan(contents)) {
            for (ContentPiece.Part part : piece.parts()) {
                if (files[part.index()] == null) {
                    files[part.index()] =
                            new FileInProgress(posix, maker, layout.files().get(part.index()), part.parts());
                }
            }
            tasks.add((directories, reader) -> write(piece, files, layout, directories, reader));
        }
        try {
            new ExtractionWorkers(posix, image, root, threads).run(tasks);
        } catch (IOException | RuntimeException failure) {
            abandon(files, failure);
            throw failure;
        }
    }

    private void write(
            ContentPiece piece,
            FileInProgress[] files,
            Layout layout,
            DirectoryHandles directories,
            ContentReader reader)
            throws IOException {
        for (ContentPiece.Part part : piece.parts()) {
            FileInProgress file = files[part.index()];
            try {
                file.open(directories);
                reader.read(part, file);
                file.partDone();
                written.accept(part.plainBytes());
            } catch (PosixException e) {
                throw e.during("create " + layout.files().get(part.index()));
            }
        }
    }

    private static void abandon(FileInProgress[] files, Exception failure) {
        for (FileInProgress file : files) {
            try {
                if (file != null) {
                    file.abandon();
                }
            } catch (PosixException e) {
                failure.addSuppressed(e);
            }
        }
    }

    private interface PlaceAction {
        void apply(int parent, Place place) throws PosixException;
    }

    private static List<ExtractionTask> eachOf(List<Place> places, String verb, PlaceAction action) {
        List<ExtractionTask> tasks = new ArrayList<>();
        for (int from = 0; from < places.size(); from += PLACES_PER_TASK) {
            List<Place> some = places.subList(from, Math.min(places.size(), from + PLACES_PER_TASK));
            tasks.add((directories, reader) -> {
                for (Place place : some) {
                    try {
                        action.apply(directories.of(place.parent()), place);
                    } catch (PosixException e) {
                        throw e.during(verb + " " + place);
                    }
                }
            });
        }
        return tasks;
    }
}

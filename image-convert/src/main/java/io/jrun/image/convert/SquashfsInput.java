package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.ContentReader;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.KnownContent;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image file of any maker, read in the order in which it lies on disk. Where its own record says that it was packed as
 * the result will be, blocks of files are taken over as they are stored; each is unpacked all the same, to see that it can be.
 */
public final class SquashfsInput implements RootfsInput {

    private static final String KIND = "squashfs";

    private final Path file;
    private final SquashfsImage image;
    private final ContentReader reader;
    private Platform platform;
    private ConversionListener listener;
    private FileTree tree;
    private Volume volume;
    private Optional<Packing> packing = Optional.empty();

    private SquashfsInput(Path file, SquashfsImage image, ContentReader reader) {
        this.file = file;
        this.image = image;
        this.reader = reader;
    }

    /** The caller closes. */
    public static SquashfsInput open(Path file) throws IOException {
        SquashfsImage image = SquashfsImage.open(file);
        try {
            return new SquashfsInput(file, image, image.contentReader());
        } catch (IOException | RuntimeException e) {
            image.close();
            throw e;
        }
    }

    @Override
    public Beginning begin(Platform wanted, MergeLimits limits, ConversionListener conversionListener)
            throws IOException {
        platform = wanted;
        listener = conversionListener;
        tree = image.readTree();
        Volume held = Volume.of(tree, ContentSource.DIRECT);
        boolean packed = image.facts().compression() != Compression.NONE;
        volume = packed ? held.packedIn(image.facts().sizeInBytes()) : held;
        return Beginning.at(Instant.ofEpochSecond(image.facts().modificationSeconds()));
    }

    @Override
    public Optional<Volume> volume() {
        return Optional.of(volume);
    }

    @Override
    public Rootfs readInto(ContentStore contents) throws IOException {
        Rootfs rootfs = read();
        // Its own record is replaced by the result's.
        StoredTree stored = new StoredTree(OwnFolder.without(rootfs.tree()));
        Map<FileContent, FileNode.RegularFile> files = stored.filesByContent();
        int copied = 0;
        Optional<ContentReuse> reuse = packing.isPresent() ? contents.reuse() : Optional.empty();
        for (FileContent content : image.inStoredOrder(List.copyOf(files.keySet()))) {
            Optional<KnownContent> packed = reuse.isPresent() ? packedAlike(content, reuse.get()) : Optional.empty();
            FileContent result;
            if (packed.isPresent()) {
                result = reuse.get().adopt(packed.get());
                listener.read(content.sizeInBytes());
                copied++;
            } else {
                result = store(content, contents);
            }
            stored.put(files.get(content), result);
        }
        return new Rootfs(stored.tree(), rootfs.provenance(), Optional.empty(), List.of(), told(copied));
    }

    private static List<String> told(int copied) {
        return copied == 0 ? List.of() : List.of(copied + " files were copied as they are packed, each block checked");
    }

    private Optional<KnownContent> packedAlike(FileContent content, ContentReuse reuse) {
        return reuse.ofOpenFile(content, packing.get().codec(), packing.get().level());
    }

    private FileContent store(FileContent content, ContentStore contents) throws IOException {
        try (InputStream in = new ToldStream(reader.open(content), listener)) {
            return contents.store(in, content.sizeInBytes());
        }
    }

    @Override
    public Optional<RestingRootfs> atRest() throws IOException {
        return Optional.of(new RestingRootfs(read(), new ToldContents(new Contents(), listener)));
    }

    /** The image's own, and documents that were added to its tree. */
    private final class Contents implements ContentSource {
        @Override
        public InputStream open(FileContent content) throws IOException {
            return content instanceof ReadableContent own && !image.holds(content) ? own.open() : reader.open(content);
        }

        @Override
        public List<DataExtent> dataExtents(FileContent content) throws IOException {
            return DIRECT.dataExtents(content);
        }
    }

    private Rootfs read() throws IOException {
        listener.reading(file.toString(), volume.contentBytes());
        Map<String, byte[]> documents = OwnFolder.read(tree, ContentSource.DIRECT);
        Optional<Provenance> carried = Provenance.carried(KIND, documents);
        packing = carried.isPresent() ? Packing.of(documents) : Optional.empty();
        Provenance provenance = carried.isPresent()
                ? carried.get()
                : Provenance.bare(KIND, platform, OwnFolder.foreignEnvironment(tree, ContentSource.DIRECT));
        return new Rootfs(tree, provenance, Optional.empty(), List.of(), List.of());
    }

    @Override
    public void close() throws IOException {
        reader.close();
        image.close();
    }
}

package io.jrun.image.convert;

import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.ContentReader;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.DataExtent;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.ReadableContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An image file of any maker, read in the order in which it lies on disk. */
public final class SquashfsInput implements RootfsInput {

    private static final String KIND = "squashfs";

    private final Path file;
    private final SquashfsImage image;
    private final ContentReader reader;
    private Platform platform;
    private ConversionListener listener;
    private FileTree tree;
    private Volume volume;

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
        StoredTree stored = new StoredTree(rootfs.tree());
        Map<FileContent, FileNode.RegularFile> files = stored.filesByContent();
        for (FileContent content : image.inStoredOrder(List.copyOf(files.keySet()))) {
            try (InputStream in = new ToldStream(reader.open(content), listener)) {
                stored.put(files.get(content), contents.store(in, content.sizeInBytes()));
            }
        }
        return rootfs.withTree(stored.tree());
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
        Optional<Provenance> carried = Provenance.carried(KIND, OwnFolder.read(tree, ContentSource.DIRECT));
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

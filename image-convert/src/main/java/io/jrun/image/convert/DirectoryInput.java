package io.jrun.image.convert;

import io.jrun.image.directory.HostDirectory;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.ReadableContent;
import io.jrun.posix.ByteString;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixReading;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A directory of the host, read in byte order of its names. */
public final class DirectoryInput implements RootfsInput {

    private static final String KIND = "directory";

    /** Changes the tree that was found, for example by giving files their recorded owners back. */
    public interface Revision {

        /** As it lies there. */
        Revision NONE = (tree, notes) -> tree;

        /** @param notes takes what is worth telling */
        FileTree revise(FileTree tree, List<String> notes) throws IOException;
    }

    private final String name;
    private final HostDirectory directory;
    private final Revision revision;
    private final List<String> losses = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private Platform platform;
    private MergeLimits limits;
    private ConversionListener listener;
    private FileTree tree;
    private Volume volume;

    private DirectoryInput(String name, HostDirectory directory, Revision revision) {
        this.name = name;
        this.directory = directory;
        this.revision = revision;
    }

    /** The caller closes. A symbolic link is followed when it is {@code path} itself, and nowhere below. */
    public static DirectoryInput open(Posix posix, PosixReading reading, ByteString path, Revision revision)
            throws IOException {
        ByteString inside = path.plus(ByteString.of("/."));
        return new DirectoryInput(path.toString(), HostDirectory.open(posix, reading, inside), revision);
    }

    @Override
    public Beginning begin(Platform wanted, MergeLimits mergeLimits, ConversionListener conversionListener)
            throws IOException {
        platform = wanted;
        limits = mergeLimits;
        listener = conversionListener;
        FileTree found = directory.readTree(limits.maxEntries());
        for (Map.Entry<HostDirectory.Notice, Long> notice : directory.notices().entrySet()) {
            losses.add(notice.getValue() + " " + notice.getKey().text());
        }
        tree = revision.revise(found, notes);
        volume = Volume.of(tree, ContentSource.DIRECT);
        Optional<Provenance> carried = carried();
        Optional<Instant> created =
                carried.isPresent() ? carried.get().parsedConfig().created() : Optional.empty();
        return Beginning.at(created.orElse(Instant.EPOCH));
    }

    private Optional<Provenance> carried() throws IOException {
        return Provenance.carried(KIND, OwnFolder.read(tree, ContentSource.DIRECT));
    }

    private Rootfs rootfs() throws IOException {
        Optional<Provenance> carried = carried();
        Provenance provenance = carried.isPresent()
                ? carried.get()
                : Provenance.bare(KIND, platform, OwnFolder.foreignEnvironment(tree, ContentSource.DIRECT));
        return new Rootfs(tree, provenance, Optional.empty(), losses, notes);
    }

    @Override
    public Optional<Volume> volume() {
        return Optional.of(volume);
    }

    @Override
    public Rootfs readInto(ContentStore contents) throws IOException {
        listener.reading(name, volume.contentBytes());
        StoredTree stored = new StoredTree(tree);
        for (Map.Entry<FileContent, FileNode.RegularFile> file :
                stored.filesByContent().entrySet()) {
            try (InputStream in = new ToldStream(((ReadableContent) file.getKey()).open(), listener)) {
                stored.put(file.getValue(), contents.store(in, file.getKey().sizeInBytes()));
            }
        }
        return rootfs().withTree(stored.tree());
    }

    @Override
    public Optional<RestingRootfs> atRest() throws IOException {
        listener.reading(name, volume.contentBytes());
        return Optional.of(new RestingRootfs(rootfs(), new ToldContents(ContentSource.DIRECT, listener)));
    }

    @Override
    public void close() throws IOException {
        directory.close();
    }
}

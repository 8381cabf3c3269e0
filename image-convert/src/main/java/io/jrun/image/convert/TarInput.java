package io.jrun.image.convert;

import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.layer.LayerMerger;
import io.jrun.image.layer.LayerMerger.Whiteouts;
import io.jrun.image.layer.LayerStream;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.layer.MergeReport;
import io.jrun.image.reference.Platform;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A root filesystem as one tar, of any compression, read in one pass: so it may be a pipe. Names that mark whiteouts in
 * layers are names like any other here.
 */
public final class TarInput implements RootfsInput {

    private static final String KIND = "tar";

    /** Opens the tar as it lies there, compressed or not. Called once. */
    public interface Opener {
        InputStream open() throws IOException;
    }

    private final String name;
    private final long sizeInBytes;
    private final Optional<Volume> volume;
    private final Opener opener;
    private Platform platform;
    private MergeLimits limits;
    private ConversionListener listener;

    /**
     * @param name for messages, such as "rootfs.tar.xz" or "standard input"
     * @param sizeInBytes as it lies there; 0 when unknown
     */
    public TarInput(String name, long sizeInBytes, Opener opener) {
        this(name, sizeInBytes, Optional.empty(), opener);
    }

    /** @param volume what is known before it is read */
    public TarInput(String name, long sizeInBytes, Optional<Volume> volume, Opener opener) {
        this.name = name;
        this.sizeInBytes = sizeInBytes;
        this.volume = volume;
        this.opener = opener;
    }

    @Override
    public Beginning begin(Platform wanted, MergeLimits mergeLimits, ConversionListener conversionListener) {
        platform = wanted;
        limits = mergeLimits;
        listener = conversionListener;
        return Beginning.at(Instant.EPOCH);
    }

    @Override
    public Optional<Volume> volume() {
        return volume;
    }

    @Override
    public boolean passesOnce() {
        return true;
    }

    @Override
    public Rootfs readInto(ContentStore contents) throws IOException {
        listener.reading(name, sizeInBytes);
        LayerMerger merger = new LayerMerger(contents, limits, Whiteouts.LITERAL);
        merger.merge(new WholeTar());
        FileTree tree = merger.finish();
        MergeReport report = merger.report();
        Map<String, byte[]> ownFiles = new LinkedHashMap<>();
        merger.ownFiles().forEach((file, bytes) -> ownFiles.put(file.toString(), bytes));
        Optional<Provenance> carried = Provenance.carried(KIND, ownFiles);
        return new Rootfs(
                tree,
                carried.isPresent() ? carried.get() : Provenance.bare(KIND, platform, List.of()),
                Optional.of(report),
                LayeredInput.losses(report),
                List.of());
    }

    private final class WholeTar implements LayerStream {
        @Override
        public InputStream open() throws IOException {
            return isPlainFile() ? told() : ReadAheadInputStream.start(name, this::unpacked);
        }

        /** Nothing would be gained by reading it ahead. */
        private boolean isPlainFile() {
            return volume.isPresent() && volume.get().packedBytes() == 0;
        }

        private InputStream unpacked() throws IOException {
            return ArchiveDecompression.open(told(), sizeInBytes, Layer.outputLimit(limits), name);
        }

        private InputStream told() throws IOException {
            return new ToldStream(opener.open(), listener);
        }

        @Override
        public String name() {
            return name;
        }
    }

    @Override
    public void close() {
        // The stream is closed by whoever reads it to its end.
    }
}

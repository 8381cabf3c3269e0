package io.jrun.image.source.any;

import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.member.MemberStore;
import io.jrun.image.source.member.SpooledMembers;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** An image in an archive that passes once: {@link #resolve} reads it to its end and keeps what it holds. */
final class SpooledSource implements ImageSource {

    /** Where the archive comes from. */
    @FunctionalInterface
    interface Stream {
        /** Called once; the stream is closed when it has been read. */
        InputStream open() throws IOException;
    }

    /** What the archive is, once its members are known. */
    @FunctionalInterface
    interface Kind {
        ImageSource open(MemberStore members) throws IOException;
    }

    private final String name;
    private final Stream stream;
    private final Kind kind;
    private final BlobStore store;
    private final OutputLimit limit;
    private ImageSource source = new NotRead();

    /** @param name of the archive, for messages */
    SpooledSource(String name, Stream stream, Kind kind, SourceAccess access) {
        this.name = name;
        this.stream = stream;
        this.kind = kind;
        this.store = access.store();
        this.limit = access.limit();
    }

    @Override
    public synchronized ResolvedImage resolve(Platform platform) throws IOException {
        if (source instanceof NotRead) {
            try (InputStream tar = ArchiveDecompression.open(stream.open(), 0, limit, name)) {
                source = kind.open(SpooledMembers.read(tar, name, store));
            }
        }
        return source.resolve(platform);
    }

    private synchronized ImageSource source() {
        return source;
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) throws IOException {
        source().prefetch(layersInOrder);
    }

    @Override
    public InputStream openLayer(Descriptor layer) throws IOException {
        return source().openLayer(layer);
    }

    @Override
    public void close() throws IOException {
        source().close();
    }

    /** Before {@code resolve}, which comes first, there is nothing. */
    private static final class NotRead implements ImageSource {

        @Override
        public ResolvedImage resolve(Platform platform) {
            throw new IllegalStateException("the archive has not been read");
        }

        @Override
        public void prefetch(List<Descriptor> layersInOrder) {
            throw new IllegalStateException("the image has not been resolved");
        }

        @Override
        public InputStream openLayer(Descriptor layer) {
            throw new IllegalStateException("the image has not been resolved");
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}

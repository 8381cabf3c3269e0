package io.jrun.image.source.any;

import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.TransferListener;
import io.jrun.image.source.member.MemberStore;
import io.jrun.image.source.member.SpooledMembers;
import java.io.FilterInputStream;
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
    private final long sizeInBytes;
    private final Stream stream;
    private final Kind kind;
    private final BlobStore store;
    private final OutputLimit limit;
    private final TransferListener listener;
    private ImageSource source = new NotRead();

    /**
     * @param name of the archive, for messages
     * @param sizeInBytes as it lies there; 0 when unknown
     */
    SpooledSource(String name, long sizeInBytes, Stream stream, Kind kind, SourceAccess access) {
        this.name = name;
        this.sizeInBytes = sizeInBytes;
        this.stream = stream;
        this.kind = kind;
        this.store = access.store();
        this.limit = access.limit();
        this.listener = access.registry().listener();
    }

    @Override
    public synchronized ResolvedImage resolve(Platform platform) throws IOException {
        if (source instanceof NotRead) {
            listener.spooling(name, sizeInBytes);
            try (InputStream tar = ArchiveDecompression.open(new Told(stream.open()), 0, limit, name)) {
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

    /** Tells the listener how far the archive is read. */
    private final class Told extends FilterInputStream {

        Told(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = in.read();
            listener.spooled(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = in.read(bytes, offset, length);
            listener.spooled(Math.max(count, 0));
            return count;
        }
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

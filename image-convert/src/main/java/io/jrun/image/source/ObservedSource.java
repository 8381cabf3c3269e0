package io.jrun.image.source;

import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Platform;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * A source that asks for manifest and config once, lets somebody have his say before the first layer is fetched, and tells
 * how much of which layer has been read. Closing it closes the source behind it.
 */
public final class ObservedSource implements ImageSource {

    /** Called before any layer is fetched; what it throws ends the import. */
    @FunctionalInterface
    public interface BeforeFetching {
        void check(ResolvedImage image) throws IOException;
    }

    /** Hears of layers being read, from several threads; must return quickly. */
    @FunctionalInterface
    public interface ReadListener {
        void read(Descriptor layer, long bytes);
    }

    private record Resolution(Platform platform, ResolvedImage image) {}

    private final ImageSource source;
    private final BeforeFetching beforeFetching;
    private final ReadListener listener;
    // Guarded by this.
    private Optional<Resolution> resolution = Optional.empty();

    public ObservedSource(ImageSource source, BeforeFetching beforeFetching, ReadListener listener) {
        this.source = source;
        this.beforeFetching = beforeFetching;
        this.listener = listener;
    }

    @Override
    public synchronized ResolvedImage resolve(Platform platform) throws IOException {
        if (resolution.filter(known -> known.platform.equals(platform)).isEmpty()) {
            resolution = Optional.of(new Resolution(platform, source.resolve(platform)));
        }
        return resolution.get().image;
    }

    @Override
    public Optional<ImageFileBlob> imageFile(Platform platform) throws IOException {
        return source.imageFile(platform);
    }

    @Override
    public void prefetch(List<Descriptor> layersInOrder) throws IOException {
        Optional<Resolution> known;
        synchronized (this) {
            known = resolution;
        }
        if (known.isPresent()) {
            beforeFetching.check(known.get().image);
        }
        source.prefetch(layersInOrder);
    }

    @Override
    public InputStream openLayer(Descriptor layer) throws IOException {
        return new CountingStream(source.openLayer(layer), layer);
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    private final class CountingStream extends FilterInputStream {

        private final Descriptor layer;

        CountingStream(InputStream in, Descriptor layer) {
            super(in);
            this.layer = layer;
        }

        private int counted(int count) {
            if (count > 0) {
                listener.read(layer, count);
            }
            return count;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            counted(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return counted(super.read(bytes, offset, length));
        }
    }
}

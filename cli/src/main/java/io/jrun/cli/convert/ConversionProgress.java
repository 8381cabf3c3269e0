package io.jrun.cli.convert;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ImportListener.LayerSize;
import io.jrun.cli.progress.Phase;
import io.jrun.image.convert.ConversionListener;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.TransferListener;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Tells the display what transfer and conversion report: layers by their number instead of by their digest. */
final class ConversionProgress implements TransferListener, ConversionListener {

    private final ImportListener listener;
    private final String image;
    private final Map<Digest, Integer> layers = new ConcurrentHashMap<>();

    ConversionProgress(ImportListener listener, String image) {
        this.listener = listener;
        this.image = image;
    }

    void began() {
        listener.phaseBegan(Phase.RESOLVE, "resolving " + image);
    }

    @Override
    public void resolved(ResolvedImage resolved) {
        List<Descriptor> descriptors = resolved.manifest().layers();
        listener.layersKnown(descriptors.stream()
                .map(layer -> new LayerSize(layer.digest().toString(), layer.sizeInBytes()))
                .toList());
        for (int i = 0; i < descriptors.size(); i++) {
            if (layers.putIfAbsent(descriptors.get(i).digest(), i) != null) {
                // The same blob again, as empty layers often are: transferred once, for the first.
                listener.layerCached(i);
            }
        }
        String count = descriptors.size() == 1 ? "1 layer" : descriptors.size() + " layers";
        listener.phaseBegan(Phase.CONVERT, "converting " + count + " of " + image);
    }

    /** Nothing is to be converted: there is one blob, the result. */
    void imageFileFound(Descriptor file) {
        listener.layersKnown(List.of(new LayerSize(file.digest().toString(), file.sizeInBytes())));
        layers.put(file.digest(), 0);
        listener.phaseBegan("fetching image file " + image);
    }

    @Override
    public void noticed(String sentence) {
        listener.note(sentence);
    }

    @Override
    public void reading(String name, long sizeInBytes) {
        listener.readingBegan(Phase.CONVERT, "converting " + name, sizeInBytes);
    }

    @Override
    public void ordering(long sizeInBytes) {
        listener.readingBegan(Phase.CONVERT, "putting the files of " + image + " in order", sizeInBytes);
    }

    @Override
    public void read(long bytes) {
        listener.bytesRead(bytes);
    }

    @Override
    public void spooling(String name, long sizeInBytes) {
        listener.readingBegan(Phase.RESOLVE, "reading " + name, sizeInBytes);
    }

    @Override
    public void spooled(long bytes) {
        listener.bytesRead(bytes);
    }

    @Override
    public void layerBegan(int index) {
        // The transfer's own bars show where the work is.
    }

    @Override
    public void layerReused(int index) {
        listener.layerReused(index);
    }

    @Override
    public void layersMerged() {
        listener.phaseBegan(Phase.FINISH, "completing the result");
    }

    /** Configs and manifests are transferred too, and are no layers. */
    private Optional<Integer> layer(Descriptor blob) {
        return Optional.ofNullable(layers.get(blob.digest()));
    }

    @Override
    public void planned(Descriptor blob, long bytesAlreadyThere) {
        layer(blob).ifPresent(index -> {
            if (bytesAlreadyThere == blob.sizeInBytes()) {
                listener.layerCached(index);
            }
        });
    }

    @Override
    public void resumed(Descriptor blob, long bytesAlreadyThere) {
        layer(blob).ifPresent(index -> listener.layerResumed(index, bytesAlreadyThere));
    }

    @Override
    public void received(Descriptor blob, long bytes) {
        layer(blob).ifPresent(index -> listener.bytesReceived(index, bytes));
    }

    @Override
    public void finished(Descriptor blob) {
        layer(blob).ifPresent(listener::layerDone);
    }

    /** The conversion has read more of a layer. */
    void converted(Descriptor blob, long bytes) {
        layer(blob).ifPresent(index -> listener.bytesConverted(index, bytes));
    }
}

package io.jrun.cli.registry;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ImportListener.LayerSize;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.TransferListener;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tells the display of blobs on their way to a registry, by their number. */
final class PushProgress implements TransferListener {

    private final ImportListener listener;
    private final Map<Digest, Integer> numbers = new HashMap<>();

    /** @param blobs all that will be sent unless they are there */
    PushProgress(ImportListener listener, List<Descriptor> blobs) {
        this.listener = listener;
        blobs.forEach(blob -> numbers.putIfAbsent(blob.digest(), numbers.size()));
        listener.layersKnown(blobs.stream()
                .map(blob -> new LayerSize(blob.digest().toString(), blob.sizeInBytes()))
                .toList());
    }

    private Optional<Integer> number(Descriptor blob) {
        return Optional.ofNullable(numbers.get(blob.digest()));
    }

    @Override
    public void planned(Descriptor blob, long bytesAlreadyThere) {
        number(blob).ifPresent(listener::layerCached);
    }

    @Override
    public void received(Descriptor blob, long bytes) {
        number(blob).ifPresent(index -> listener.bytesReceived(index, bytes));
    }

    @Override
    public void finished(Descriptor blob) {
        number(blob).ifPresent(listener::layerDone);
    }

    @Override
    public void noticed(String sentence) {
        listener.note(sentence);
    }
}

package io.jrun.cli.progress;

import java.util.List;

/** Tells two listeners all that it hears. */
public record ProgressPair(ImportListener first, ImportListener second) implements ImportListener {

    @Override
    public void phaseBegan(Phase phase, String doing) {
        first.phaseBegan(phase, doing);
        second.phaseBegan(phase, doing);
    }

    @Override
    public void readingBegan(Phase phase, String doing, long sizeInBytes) {
        first.readingBegan(phase, doing, sizeInBytes);
        second.readingBegan(phase, doing, sizeInBytes);
    }

    @Override
    public void bytesRead(long sizeInBytes) {
        first.bytesRead(sizeInBytes);
        second.bytesRead(sizeInBytes);
    }

    @Override
    public void layersKnown(List<LayerSize> layers) {
        first.layersKnown(layers);
        second.layersKnown(layers);
    }

    @Override
    public void layerCached(int layer) {
        first.layerCached(layer);
        second.layerCached(layer);
    }

    @Override
    public void layerReused(int layer) {
        first.layerReused(layer);
        second.layerReused(layer);
    }

    @Override
    public void layerResumed(int layer, long sizeInBytes) {
        first.layerResumed(layer, sizeInBytes);
        second.layerResumed(layer, sizeInBytes);
    }

    @Override
    public void bytesReceived(int layer, long sizeInBytes) {
        first.bytesReceived(layer, sizeInBytes);
        second.bytesReceived(layer, sizeInBytes);
    }

    @Override
    public void layerDone(int layer) {
        first.layerDone(layer);
        second.layerDone(layer);
    }

    @Override
    public void bytesConverted(int layer, long sizeInBytes) {
        first.bytesConverted(layer, sizeInBytes);
        second.bytesConverted(layer, sizeInBytes);
    }

    @Override
    public void followed(String doing, long doneInBytes, long totalInBytes) {
        first.followed(doing, doneInBytes, totalInBytes);
        second.followed(doing, doneInBytes, totalInBytes);
    }

    @Override
    public void note(String sentence) {
        first.note(sentence);
        second.note(sentence);
    }

    @Override
    public void ended() {
        first.ended();
        second.ended();
    }
}

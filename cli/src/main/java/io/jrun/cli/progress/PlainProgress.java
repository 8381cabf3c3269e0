package io.jrun.cli.progress;

import java.io.PrintStream;
import java.util.List;

/** One line for each phase and note, for logs. */
public final class PlainProgress implements ImportListener {

    private final PrintStream err;

    public PlainProgress(PrintStream err) {
        this.err = err;
    }

    @Override
    public void phaseBegan(String doing) {
        err.println("jrun: " + doing);
    }

    @Override
    public void layersKnown(List<LayerSize> layers) {
        long total = layers.stream().mapToLong(LayerSize::sizeInBytes).sum();
        err.println("jrun: " + layers.size() + (layers.size() == 1 ? " layer, " : " layers, ") + Amounts.bytes(total));
    }

    @Override
    public void layerCached(int layer) {}

    @Override
    public void layerResumed(int layer, long sizeInBytes) {}

    @Override
    public void bytesReceived(int layer, long sizeInBytes) {}

    @Override
    public void layerDone(int layer) {}

    @Override
    public void ended() {}
}

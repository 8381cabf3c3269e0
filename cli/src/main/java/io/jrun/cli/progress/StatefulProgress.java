package io.jrun.cli.progress;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** What the displays have in common: they keep the state of an import and look at it now and then. */
abstract class StatefulProgress implements ImportListener {

    private final ProgressState state = new ProgressState();
    private final LongSupplier nanoClock;

    /** @param nanoClock monotonic */
    StatefulProgress(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    final ProgressSnapshot snapshot() {
        return state.snapshot(nanoClock.getAsLong());
    }

    final long nanos() {
        return nanoClock.getAsLong();
    }

    /** Calls {@code tick} on a thread of its own until it answers false. */
    static void every(long millis, String name, BooleanSupplier tick) {
        Thread thread = new Thread(
                () -> {
                    try {
                        do {
                            Thread.sleep(millis);
                        } while (tick.getAsBoolean());
                    } catch (InterruptedException stopped) {
                        Thread.currentThread().interrupt();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void phaseBegan(Phase phase, String doing) {
        state.begin(phase, doing, nanos());
    }

    @Override
    public void readingBegan(Phase phase, String doing, long sizeInBytes) {
        state.beginReading(phase, doing, sizeInBytes, nanos());
    }

    @Override
    public void bytesRead(long sizeInBytes) {
        state.read(sizeInBytes);
    }

    @Override
    public void layersKnown(List<LayerSize> layers) {
        state.know(layers);
    }

    @Override
    public void layerCached(int layer) {
        state.cache(layer);
    }

    @Override
    public void layerReused(int layer) {
        state.reuse(layer);
    }

    @Override
    public void layerResumed(int layer, long sizeInBytes) {
        state.resume(layer, sizeInBytes);
    }

    @Override
    public void bytesReceived(int layer, long sizeInBytes) {
        state.receive(layer, sizeInBytes);
    }

    @Override
    public void layerDone(int layer) {
        state.finish(layer);
    }

    @Override
    public void bytesConverted(int layer, long sizeInBytes) {
        state.convert(layer, sizeInBytes);
    }

    @Override
    public void followed(String doing, long doneInBytes, long totalInBytes) {
        state.follow(doing, doneInBytes, totalInBytes);
    }
}

package io.jrun.cli.progress;

import io.jrun.cli.progress.ImportListener.LayerSize;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Collects what several threads tell. Times are nanoseconds of one monotonic clock, given by the caller. */
final class ProgressState {

    private static final long RATE_WINDOW_NANOS = 3_000_000_000L;

    private record Sample(long atNanos, long transferredInBytes) {}

    private static final class LayerState {
        private final LayerSize size;
        private long receivedInBytes;
        private boolean cached;
        private boolean done;

        LayerState(LayerSize size) {
            this.size = size;
        }

        ProgressSnapshot.Layer toLayer() {
            long received = done ? size.sizeInBytes() : Math.min(receivedInBytes, size.sizeInBytes());
            return new ProgressSnapshot.Layer(size.digest(), size.sizeInBytes(), received, cached, done);
        }
    }

    private final List<LayerState> layers = new ArrayList<>();
    private final Deque<Sample> samples = new ArrayDeque<>();
    private String doing = "";
    private long transferredInBytes;

    synchronized void begin(String phase) {
        doing = phase;
    }

    synchronized void know(List<LayerSize> sizes) {
        layers.clear();
        sizes.forEach(size -> layers.add(new LayerState(size)));
    }

    synchronized void cache(int layer) {
        layers.get(layer).cached = true;
        layers.get(layer).done = true;
    }

    synchronized void resume(int layer, long sizeInBytes) {
        layers.get(layer).receivedInBytes += sizeInBytes;
    }

    synchronized void receive(int layer, long sizeInBytes) {
        resume(layer, sizeInBytes);
        transferredInBytes += sizeInBytes;
    }

    synchronized void finish(int layer) {
        layers.get(layer).done = true;
    }

    synchronized ProgressSnapshot snapshot(long nowNanos) {
        samples.addLast(new Sample(nowNanos, transferredInBytes));
        while (samples.size() > 2 && nowNanos - samples.peekFirst().atNanos() > RATE_WINDOW_NANOS) {
            samples.removeFirst();
        }
        return new ProgressSnapshot(
                doing, layers.stream().map(LayerState::toLayer).toList(), rate());
    }

    private long rate() {
        Sample oldest = samples.getFirst();
        Sample newest = samples.getLast();
        long elapsedNanos = newest.atNanos() - oldest.atNanos();
        return elapsedNanos <= 0
                ? 0
                : (long) ((newest.transferredInBytes() - oldest.transferredInBytes()) * 1e9 / elapsedNanos);
    }
}

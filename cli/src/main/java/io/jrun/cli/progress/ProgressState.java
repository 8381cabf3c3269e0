package io.jrun.cli.progress;

import io.jrun.cli.progress.ImportListener.LayerSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Collects what several threads tell. Times are nanoseconds of one monotonic clock, given by the caller. */
final class ProgressState {

    private static final class LayerState {
        private final LayerSize size;
        private final RateMeter rate = new RateMeter();
        private long receivedInBytes;
        private long convertedInBytes;
        private boolean cached;
        private boolean done;

        LayerState(LayerSize size) {
            this.size = size;
        }

        ProgressSnapshot.Layer toLayer(long nowNanos) {
            long whole = size.sizeInBytes();
            long received = done ? whole : Math.min(receivedInBytes, whole);
            return new ProgressSnapshot.Layer(
                    size.digest(),
                    whole,
                    received,
                    Math.min(convertedInBytes, whole),
                    rate.sample(nowNanos, receivedInBytes),
                    cached,
                    done);
        }
    }

    private record Reading(long doneInBytes, long totalInBytes, RateMeter rate) {}

    private record Followed(String doing, long doneInBytes, long totalInBytes) {}

    private final List<LayerState> layers = new ArrayList<>();
    private final RateMeter transferRate = new RateMeter();
    private final RateMeter convertedRate = new RateMeter();
    private final RateMeter followedRate = new RateMeter();
    private Phase phase = Phase.OTHER;
    private String doing = "";
    private long phaseBeganNanos;
    private long transferredInBytes;
    private long convertedInBytes;
    private Optional<Followed> followed = Optional.empty();
    private Optional<Reading> reading = Optional.empty();

    synchronized void begin(Phase next, String phrase, long nowNanos) {
        phase = next;
        doing = phrase;
        phaseBeganNanos = nowNanos;
        followed = Optional.empty();
        reading = Optional.empty();
    }

    /** What was told of layers belongs to another part of the work. */
    synchronized void beginReading(Phase next, String phrase, long totalInBytes, long nowNanos) {
        begin(next, phrase, nowNanos);
        layers.clear();
        reading = Optional.of(new Reading(0, totalInBytes, new RateMeter()));
    }

    synchronized void read(long sizeInBytes) {
        reading =
                reading.map(before -> new Reading(before.doneInBytes + sizeInBytes, before.totalInBytes, before.rate));
    }

    synchronized void know(List<LayerSize> sizes) {
        layers.clear();
        sizes.forEach(size -> layers.add(new LayerState(size)));
    }

    synchronized void cache(int layer) {
        layers.get(layer).cached = true;
        layers.get(layer).done = true;
    }

    /** It counts as converted, and what was transferred of it meanwhile as whole. */
    synchronized void reuse(int layer) {
        cache(layer);
        LayerState reused = layers.get(layer);
        convert(layer, reused.size.sizeInBytes() - reused.convertedInBytes);
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

    synchronized void convert(int layer, long sizeInBytes) {
        layers.get(layer).convertedInBytes += sizeInBytes;
        convertedInBytes += sizeInBytes;
    }

    synchronized void follow(String phrase, long doneInBytes, long totalInBytes) {
        followed = Optional.of(new Followed(phrase, doneInBytes, totalInBytes));
    }

    synchronized ProgressSnapshot snapshot(long nowNanos) {
        return new ProgressSnapshot(
                phase,
                doing,
                layers.stream().map(layer -> layer.toLayer(nowNanos)).toList(),
                transferRate.sample(nowNanos, transferredInBytes),
                convertedRate.sample(nowNanos, convertedInBytes),
                followed.map(other -> new ProgressSnapshot.Followed(
                        other.doing,
                        other.doneInBytes,
                        other.totalInBytes,
                        followedRate.sample(nowNanos, other.doneInBytes))),
                reading.map(so -> new ProgressSnapshot.Reading(
                        so.totalInBytes == 0 ? so.doneInBytes : Math.min(so.doneInBytes, so.totalInBytes),
                        so.totalInBytes,
                        so.rate.sample(nowNanos, so.doneInBytes))),
                nowNanos - phaseBeganNanos);
    }
}

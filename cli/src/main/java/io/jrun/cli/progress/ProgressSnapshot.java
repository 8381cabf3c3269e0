package io.jrun.cli.progress;

import java.util.List;
import java.util.Optional;

/**
 * How far an import is, at one moment.
 *
 * @param doing the running phase, as a phrase
 * @param layers lowest first
 * @param bytesPerSecond over the last seconds, of what really came over the network
 * @param convertedPerSecond over the last seconds
 * @param followed how far another process is that does the work instead
 * @param phaseNanos since the running phase began
 */
record ProgressSnapshot(
        Phase phase,
        String doing,
        List<Layer> layers,
        long bytesPerSecond,
        long convertedPerSecond,
        Optional<Followed> followed,
        long phaseNanos) {

    /** @param done also true of cached layers, whose bytes all count as received */
    record Layer(
            String digest,
            long sizeInBytes,
            long receivedInBytes,
            long convertedInBytes,
            long bytesPerSecond,
            boolean cached,
            boolean done) {}

    /** @param totalInBytes 0 while unknown */
    record Followed(String doing, long doneInBytes, long totalInBytes, long bytesPerSecond) {}

    ProgressSnapshot {
        layers = List.copyOf(layers);
    }

    long totalInBytes() {
        return layers.stream().mapToLong(Layer::sizeInBytes).sum();
    }

    long receivedInBytes() {
        return layers.stream().mapToLong(Layer::receivedInBytes).sum();
    }

    long cachedInBytes() {
        return layers.stream()
                .filter(Layer::cached)
                .mapToLong(Layer::sizeInBytes)
                .sum();
    }

    long convertedInBytes() {
        return layers.stream().mapToLong(Layer::convertedInBytes).sum();
    }
}

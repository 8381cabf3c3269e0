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
 * @param reading how far the one thing is read that the phase is about; its bytes are not those of layers
 * @param phaseNanos since the running phase began
 */
record ProgressSnapshot(
        Phase phase,
        String doing,
        List<Layer> layers,
        long bytesPerSecond,
        long convertedPerSecond,
        Optional<Followed> followed,
        Optional<Reading> reading,
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

    /** @param totalInBytes 0 while unknown */
    record Reading(long doneInBytes, long totalInBytes, long bytesPerSecond) {}

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

package io.jrun.cli.progress;

import java.util.List;

/**
 * How far an import is, at one moment.
 *
 * @param doing the running phase, as a phrase
 * @param layers lowest first
 * @param bytesPerSecond over the last seconds, of what really came over the network
 */
record ProgressSnapshot(String doing, List<Layer> layers, long bytesPerSecond) {

    /** @param done also true of cached layers, whose bytes all count as received */
    record Layer(String digest, long sizeInBytes, long receivedInBytes, boolean cached, boolean done) {}

    ProgressSnapshot {
        layers = List.copyOf(layers);
    }

    long totalInBytes() {
        return layers.stream().mapToLong(Layer::sizeInBytes).sum();
    }

    long receivedInBytes() {
        return layers.stream().mapToLong(Layer::receivedInBytes).sum();
    }
}

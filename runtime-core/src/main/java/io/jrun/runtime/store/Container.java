package io.jrun.runtime.store;

import java.nio.file.Path;

/** A container that exists: {@code directory} holds everything that belongs to it. */
public record Container(ContainerName name, Path directory) {

    /** The root file system. */
    public Path rootfs() {
        return directory.resolve("rootfs");
    }

    /** The record of how it was made; written once, so its identity is the container's. */
    public Path recordFile() {
        return directory.resolve("container.json");
    }

    /** Where compiled plans are cached. */
    public Path plans() {
        return directory.resolve("plans");
    }
}

package io.jrun.runtime.device;

import io.jrun.runtime.host.RootedTree;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What decisions about devices depend on.
 *
 * @param host the root below which devices and driver lie, "/" but for tests and driver containers
 * @param image the container's files; empty where there is no container yet
 * @param caller the environment of the caller, variables given by option included
 * @param imageVariables the environment of the image
 * @param specDirectories further directories of CDI specs, which outweigh the usual ones
 */
public record DeviceSurroundings(
        RootedTree host,
        Optional<RootedTree> image,
        Map<String, String> caller,
        Map<String, String> imageVariables,
        List<String> specDirectories) {
    public DeviceSurroundings {
        specDirectories = List.copyOf(specDirectories);
        caller = Map.copyOf(caller);
        imageVariables = Map.copyOf(imageVariables);
    }

    /** With the usual directories of specs. */
    public DeviceSurroundings(
            RootedTree host,
            Optional<RootedTree> image,
            Map<String, String> caller,
            Map<String, String> imageVariables) {
        this(host, image, caller, imageVariables, List.of());
    }

    /** The caller's, else the image's, else empty text. */
    String variable(String name) {
        return caller.getOrDefault(name, imageVariables.getOrDefault(name, ""));
    }
}

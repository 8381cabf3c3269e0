package io.jrun.image.account;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where accounts are kept: in the file given, else in {@code $REGISTRY_AUTH_FILE}, else in {@code
 * $XDG_RUNTIME_DIR/containers/auth.json} (default {@code /run/containers/UID}), {@code
 * $XDG_CONFIG_HOME/containers/auth.json} (default {@code ~/.config}) and {@code $DOCKER_CONFIG/config.json} (default
 * {@code ~/.docker}). Source: containers-auth.json(5).
 */
record AuthFilePaths(Map<String, String> environment, Optional<Path> chosenFile) {

    AuthFilePaths {
        environment = Map.copyOf(environment);
    }

    /** The only file that counts, where somebody named one. */
    Optional<Path> single() {
        return chosenFile.or(() -> variable("REGISTRY_AUTH_FILE").map(Path::of));
    }

    /** In the order in which they count. */
    List<Path> ofContainers() {
        List<Path> files = new ArrayList<>();
        variable("XDG_RUNTIME_DIR")
                .map(Path::of)
                .map(directory -> directory.resolve("containers"))
                .or(AuthFilePaths::systemRuntimeDirectory)
                .ifPresent(directory -> files.add(directory.resolve("auth.json")));
        persistent().ifPresent(files::add);
        return files;
    }

    /** The one that outlives a session and that a home shared by nodes carries to all of them. */
    Optional<Path> persistent() {
        return variable("XDG_CONFIG_HOME")
                .map(Path::of)
                .or(() -> variable("HOME").map(home -> Path.of(home, ".config")))
                .map(directory -> directory.resolve("containers").resolve("auth.json"));
    }

    Optional<Path> ofDocker() {
        return variable("DOCKER_CONFIG")
                .map(Path::of)
                .or(() -> variable("HOME").map(home -> Path.of(home, ".docker")))
                .map(directory -> directory.resolve("config.json"));
    }

    /** Only where this user may read there: root's tools make the directory above for themselves alone. */
    private static Optional<Path> systemRuntimeDirectory() {
        try {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return Optional.of(Path.of("/run/containers", uid.toString()))
                    .filter(directory -> Files.isReadable(directory.resolve("auth.json")));
        } catch (IOException noProc) {
            return Optional.empty();
        }
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }
}

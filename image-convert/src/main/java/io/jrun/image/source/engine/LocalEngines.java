package io.jrun.image.source.engine;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.reference.SourceReference.InEngine;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The engines of this machine, found as their own programs find them: by environment variables, then at usual places. */
public final class LocalEngines {

    private static final String UNIX = "unix://";

    private static final Path DOCKER_SOCKET = Path.of("/var/run/docker.sock");
    private static final Path PODMAN_SOCKET = Path.of("/run/podman/podman.sock");

    private final Map<String, String> environment;

    public LocalEngines(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** @throws UsageException when a variable names an engine that is not on this machine */
    public EngineExport export(InEngine source) throws UsageException {
        return switch (source.engine()) {
            case DOCKER -> docker(source.image());
            case PODMAN -> podman(source.image());
        };
    }

    private EngineExport docker(String image) throws UsageException {
        Path socket = named("DOCKER_HOST").or(this::rootlessDocker).orElse(DOCKER_SOCKET);
        return new EngineSocket(
                "Docker",
                socket,
                image,
                "start Docker, set DOCKER_HOST=unix:///PATH, or save the image where Docker runs:" + " `docker save "
                        + image + "` is imported as docker-archive:FILE");
    }

    private Optional<Path> rootlessDocker() {
        return runtimeDirectory()
                .map(directory -> directory.resolve("docker.sock"))
                .filter(Files::exists);
    }

    /** A service where one listens, the program where none does. */
    private EngineExport podman(String image) throws UsageException {
        Optional<Path> chosen = named("CONTAINER_HOST");
        if (chosen.isPresent()) {
            return podmanAt(chosen.get(), image);
        }
        List<Path> usual = Stream.concat(
                        runtimeDirectory().map(directory -> directory.resolve("podman/podman.sock")).stream(),
                        Stream.of(PODMAN_SOCKET))
                .toList();
        for (Path socket : usual) {
            if (somebodyListens(socket)) {
                return podmanAt(socket, image);
            }
        }
        return new PodmanProcess(image, environment);
    }

    private static EngineExport podmanAt(Path socket, String image) {
        return new EngineSocket(
                "Podman",
                socket,
                image,
                "start its service with `systemctl --user start podman.socket`, or unset"
                        + " CONTAINER_HOST to run the program podman");
    }

    private static boolean somebodyListens(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException nobody) {
            return false;
        }
    }

    private Optional<Path> runtimeDirectory() {
        return Optional.ofNullable(environment.get("XDG_RUNTIME_DIR"))
                .filter(text -> text.startsWith("/"))
                .map(Path::of);
    }

    private Optional<Path> named(String variable) throws UsageException {
        String value = environment.getOrDefault(variable, "");
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (!value.startsWith(UNIX + "/")) {
            throw new UsageException(Failure.of(
                            "reach the engine at " + value, variable + " names no socket of this machine")
                    .hint("log in there and pipe the image here: `ssh HOST docker save IMAGE | jrun import -`"));
        }
        return Optional.of(Path.of(value.substring(UNIX.length())));
    }
}

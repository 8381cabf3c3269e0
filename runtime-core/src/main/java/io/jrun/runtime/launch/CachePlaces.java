package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.posix.OwnerOnly;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where the caller's plans and mount points can lie, the best first: his cache, his directory of this login, one of his
 * below /tmp. A home that is full or read-only then costs no start. The launcher looks at the same places in the same
 * order.
 */
final class CachePlaces {

    /** Whether the cache is where it is asked for, or only where there is room. */
    private enum Kind {
        CACHE,
        STAND_IN
    }

    private record Place(Kind kind, Path directory) {}

    private final List<Place> places = new ArrayList<>();

    CachePlaces(HostFacts host) {
        places.add(new Place(Kind.CACHE, cacheHome(host)));
        runtimeDirectory(host).ifPresent(path -> places.add(new Place(Kind.STAND_IN, path.resolve("jrun"))));
        places.add(new Place(Kind.STAND_IN, Path.of("/tmp", "jrun-" + host.uid())));
    }

    /** Source: XDG Base Directory Specification 0.8, "Environment variables". */
    private static Path cacheHome(HostFacts host) {
        Optional<ByteString> given = host.variable("XDG_CACHE_HOME");
        if (given.isPresent() && given.get().startsWith("/")) {
            return Path.of(given.get().toString(), "jrun");
        }
        Optional<ByteString> home = host.variable("HOME");
        return Path.of(home.isPresent() ? home.get().toString() : "/nonexistent", ".cache", "jrun");
    }

    private static Optional<Path> runtimeDirectory(HostFacts host) {
        Optional<ByteString> given = host.variable("XDG_RUNTIME_DIR");
        return given.isPresent() && given.get().startsWith("/") ? HostPaths.toPath(given.get()) : Optional.empty();
    }

    /** The caller's cache, be it usable or not. */
    Path cache() {
        return places.get(0).directory;
    }

    /** The best of them that lies outside of a tree, which an overlay cannot have as a layer of itself. */
    Path outside(Optional<Path> tree) {
        for (Place place : places) {
            if (isOutside(place.directory, tree)) {
                return place.directory;
            }
        }
        return cache();
    }

    /**
     * The first of them that lies outside of the tree and takes a plan; made where it is missing. Empty when there is
     * none.
     */
    Optional<Path> usable(Optional<Path> tree) {
        for (Place place : places) {
            boolean ours = place.kind == Kind.CACHE || isOurs(place.directory);
            if (ours && isOutside(place.directory, tree) && new PlanCache(plansIn(place.directory)).hasRoom()) {
                return Optional.of(place.directory);
            }
        }
        return Optional.empty();
    }

    /** For messages: where plans could lie. */
    String listed() {
        List<String> paths = new ArrayList<>();
        for (Place place : places) {
            paths.add(plansIn(place.directory).toString());
        }
        return String.join(", ", paths);
    }

    static Path plansIn(Path directory) {
        return directory.resolve("plans");
    }

    /** Others may write beside it, so it has to be a directory of the caller's that nobody else writes to. */
    private static boolean isOurs(Path directory) {
        try {
            if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(directory, OwnerOnly.DIRECTORY);
            }
            Object own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            int mode = (Integer) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                    && own.equals(Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                    && (mode & 022) == 0;
        } catch (IOException cannotBeMade) {
            return false;
        }
    }

    private static boolean isOutside(Path directory, Optional<Path> tree) {
        return tree.isEmpty() || !real(directory).startsWith(real(tree.get()));
    }

    /** Without links, as far as it exists. */
    private static Path real(Path path) {
        Path existing = path;
        for (Path above = path.getParent(); !Files.exists(existing) && above != null; above = above.getParent()) {
            existing = above;
        }
        try {
            return existing.toRealPath().resolve(existing.relativize(path));
        } catch (IOException unreachable) {
            return path;
        }
    }
}

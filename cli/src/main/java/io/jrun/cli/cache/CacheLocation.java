package io.jrun.cli.cache;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.nio.file.Path;
import java.util.Map;

/** Where the cache lies. Source: XDG Base Directory Specification 0.8, "Environment variables". */
public record CacheLocation(Path directory) {

    public static CacheLocation of(Map<String, String> environment) throws UsageException {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (!cache.isEmpty()) {
            return new CacheLocation(Path.of(cache, "jrun"));
        }
        String home = environment.getOrDefault("HOME", "");
        if (home.isEmpty()) {
            throw new UsageException(Failure.of("find the blob cache", "neither XDG_CACHE_HOME nor HOME is set")
                    .hint("export XDG_CACHE_HOME=/some/directory"));
        }
        return new CacheLocation(Path.of(home, ".cache", "jrun"));
    }

    public Path blobs() {
        return directory.resolve("blobs");
    }

    /** Image files of references that were started. */
    public Path images() {
        return directory.resolve("images");
    }

    /** What is known of layers that image files hold. */
    public Path layers() {
        return directory.resolve("layers");
    }

    /** Plans of containers in stores that the user may not write. */
    public Path plans() {
        return directory.resolve("plans");
    }
}

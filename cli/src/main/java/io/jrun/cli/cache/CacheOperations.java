package io.jrun.cli.cache;

import java.io.IOException;
import java.util.List;

/** What {@code cache} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface CacheOperations {

    /** Most recently used first. */
    List<CacheEntry> cached() throws IOException;

    PruneReport prune(PruneRequest request) throws IOException;

    /** Reads every whole blob and removes those whose bytes are not what their digest says, which are returned. */
    List<CacheEntry> removeDamaged() throws IOException;
}

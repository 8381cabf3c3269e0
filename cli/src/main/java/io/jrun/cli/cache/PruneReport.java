package io.jrun.cli.cache;

import java.util.List;

/**
 * What has gone, or would.
 *
 * @param removed in the order in which they went, least recently used first
 */
public record PruneReport(List<CacheEntry> removed, long keptInBytes) {

    public PruneReport {
        removed = List.copyOf(removed);
    }

    public long freedInBytes() {
        return removed.stream().mapToLong(CacheEntry::sizeInBytes).sum();
    }
}

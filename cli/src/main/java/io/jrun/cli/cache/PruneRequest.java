package io.jrun.cli.cache;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What is to go. What has not been used for {@code olderThan}; then the least recently used until no more than
 * {@code maxSizeInBytes} are left.
 */
public record PruneRequest(OptionalLong maxSizeInBytes, Optional<Duration> olderThan, Effect effect) {

    /** Whether anything happens. */
    public enum Effect {
        REMOVE,
        ONLY_TELL
    }
}

package io.jrun.image.source.registry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often to try again, and how long to wait in between: a random time up to a bound that doubles, so that the ranks of
 * a job do not come back in step. A registry's Retry-After is obeyed up to the longest pause.
 *
 * @param attempts in a row without progress, the first included
 */
public record RetryPolicy(int attempts, Duration firstPause, Duration longestPause) {

    /** About ten seconds in all before a dead network is reported. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(6, Duration.ofMillis(400), Duration.ofSeconds(30));

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts must be 1 or more, not " + attempts);
        }
    }

    /** The bound before the next attempt, at least half of which is waited. */
    private Duration bound(int failedAttempts) {
        Duration doubled = firstPause.multipliedBy(1L << Math.min(failedAttempts - 1, 20));
        return doubled.compareTo(longestPause) > 0 ? longestPause : doubled;
    }

    Duration pauseAfter(int failedAttempts) {
        long bound = bound(failedAttempts).toMillis();
        return Duration.ofMillis(bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1));
    }

    Duration capped(Duration asked) {
        return asked.compareTo(longestPause) > 0 ? longestPause : asked;
    }
}

package io.jrun.image.registry;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How often to try again, and how long to wait in between: a random time up to a bound that doubles, so that the ranks of
 * a job do not come back in step.
 *
 * @param attempts in a row without progress, the first included
 * @param longestPause of those that we choose ourselves
 * @param patience the longest Retry-After that is obeyed; a registry that asks for more is left alone
 */
public record RetryPolicy(int attempts, Duration firstPause, Duration longestPause, Duration patience) {

    /** About ten seconds in all before a dead network is reported. */
    public static final RetryPolicy DEFAULT =
            new RetryPolicy(6, Duration.ofMillis(400), Duration.ofSeconds(30), Duration.ofMinutes(5));

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts must be 1 or more, not " + attempts);
        }
    }

    /** Somebody else can be asked in place of one who does not answer. */
    RetryPolicy withAlternative() {
        return new RetryPolicy(Math.min(attempts, 2), firstPause, longestPause, firstPause);
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

    /** Up to a quarter more than asked for, for the same reason. */
    static Duration jittered(Duration asked) {
        return asked.plusMillis(ThreadLocalRandom.current().nextLong(asked.toMillis() / 4 + 1));
    }
}

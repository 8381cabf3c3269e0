package io.jrun.image.share;

import java.time.Duration;

/**
 * How often processes look and write.
 *
 * @param poll the longest pause between two looks of a waiter
 * @param beat between two signs of life of a producer
 * @param silence how long a waiter that keeps looking sees no sign of life before it takes over
 */
public record Pace(Duration poll, Duration beat, Duration silence) {

    /**
     * Signs of life come every two seconds. A network file system may show a file as it was up to a minute ago where a site
     * has switched off its consistency on open. Source: nfs(5), "acregmax", "nocto".
     */
    public static final Pace USUAL = new Pace(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(75));

    public Pace withSilence(Duration other) {
        return new Pace(poll, beat, other);
    }
}

package io.jrun.image.share;

import java.time.Duration;
import java.util.Optional;

/**
 * One waiter's opinion of the lease he looks at. A process of the same node is asked for; of another node only the changes
 * of its lease count, by this process's own monotonic clock: clocks of two nodes are never compared.
 */
final class Watch {

    private final Identity self;
    private final Pace pace;
    private Optional<Leases.Seen> last = Optional.empty();
    private long lastLookNanos;
    private long silentNanos;
    private boolean sawAlive;

    Watch(Identity self, Pace pace) {
        this.self = self;
        this.pace = pace;
    }

    /** @param nowNanos of a monotonic clock */
    void look(Leases.Seen seen, long nowNanos) {
        boolean sameLease =
                last.filter(before -> before.generation() == seen.generation()).isPresent();
        if (!sameLease) {
            sawAlive = false;
        }
        if (sameLease && last.get().equals(seen)) {
            // A waiter that was paused itself has not looked meanwhile: only looks count.
            long longest = pace.poll().toNanos() * 2;
            silentNanos += Math.min(nowNanos - lastLookNanos, longest);
        } else {
            silentNanos = 0;
        }
        last = Optional.of(seen);
        lastLookNanos = nowNanos;
        if (reasonToTakeOver().isEmpty()) {
            sawAlive = true;
        }
    }

    /** Why the lease may be taken over; empty while its holder counts as alive. */
    Optional<String> reasonToTakeOver() {
        if (last.isEmpty()) {
            return Optional.empty();
        }
        Optional<LeaseText> text = last.get().text();
        if (text.filter(LeaseText::ended).isPresent()) {
            return Optional.of("it has given up");
        }
        if (text.filter(lease -> lease.owner().isKnownDeadTo(self.owner())).isPresent()) {
            return Optional.of("it has ended");
        }
        return Duration.ofNanos(silentNanos).compareTo(pace.silence()) >= 0
                ? Optional.of(
                        "it has given no sign of life for " + pace.silence().toSeconds() + " s")
                : Optional.empty();
    }

    /**
     * What the producer that this process waited for has failed with. Not a failure from before, and not another user's,
     * whose credentials are others.
     */
    Optional<PassedFailure> passedFailure() {
        return last.filter(lease -> sawAlive && lease.ofThisUser())
                .flatMap(Leases.Seen::text)
                .flatMap(LeaseText::failure);
    }

    boolean sawAlive() {
        return sawAlive;
    }
}

package io.jrun.cli.progress;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast an amount has grown over the last seconds. Times are nanoseconds of one monotonic clock. */
final class RateMeter {

    private static final long WINDOW_NANOS = 3_000_000_000L;

    private record Sample(long atNanos, long amount) {}

    private final Deque<Sample> samples = new ArrayDeque<>();

    /** @return per second, with this sample counted */
    long sample(long nowNanos, long amount) {
        samples.addLast(new Sample(nowNanos, amount));
        while (samples.size() > 2 && nowNanos - samples.peekFirst().atNanos() > WINDOW_NANOS) {
            samples.removeFirst();
        }
        Sample oldest = samples.getFirst();
        long elapsedNanos = nowNanos - oldest.atNanos();
        return elapsedNanos <= 0 ? 0 : (long) ((amount - oldest.amount()) * 1e9 / elapsedNanos);
    }
}

package io.jrun.image.registry;

import io.jrun.error.JrunException;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Counts the failed attempts of one transfer, waits between them, and knows when to give up. */
public final class Attempts {

    /** So much must come between two failures for them not to count as failures in a row. */
    private static final long PROGRESS_IN_BYTES = 1 << 18;

    /** Ends even a transfer that always makes a little progress. */
    private static final int MAX_FAILURES = 200;

    private static final Duration WORTH_TELLING = Duration.ofSeconds(1);

    private final RetryPolicy policy;
    private final RegistryFailure failure;
    private final TransferListener listener;
    private int failuresInARow;
    private int failures;
    private long progress;

    Attempts(RetryPolicy policy, RegistryFailure failure, TransferListener listener) {
        this.policy = policy;
        this.failure = failure;
        this.listener = listener;
    }

    public void progressed(long bytes) {
        progress += bytes;
    }

    /**
     * Waits, or throws when another attempt would not help or none is left.
     *
     * @param asked where the failure itself does not tell
     */
    public void after(IOException e, URI asked) throws IOException {
        if (e instanceof NetworkException network) {
            after(network.reason(), network.target());
            return;
        }
        if (e instanceof InterruptedIOException && !(e instanceof SocketTimeoutException)) {
            throw e;
        }
        if (progress >= PROGRESS_IN_BYTES) {
            failuresInARow = 0;
        }
        progress = 0;
        failuresInARow++;
        failures++;
        JrunException inTheEnd =
                e instanceof TransientStatusException status ? status.inTheEnd() : failure.ofNetwork(asked, e);
        boolean mayHelp = e instanceof TransientStatusException || RegistryFailure.isTransient(e);
        if (!mayHelp || failuresInARow >= policy.attempts() || failures >= MAX_FAILURES) {
            throw inTheEnd;
        }
        Optional<Duration> wanted = e instanceof TransientStatusException status ? status.pause() : Optional.empty();
        if (wanted.isPresent() && wanted.get().compareTo(policy.patience()) > 0) {
            throw inTheEnd;
        }
        if (wanted.filter(pause -> pause.compareTo(WORTH_TELLING) >= 0).isPresent()) {
            listener.noticed(failure.registry() + " asks to wait " + RateLimit.inWords(wanted.get()));
        }
        pause(wanted.map(RetryPolicy::jittered).orElseGet(() -> policy.pauseAfter(failuresInARow)));
    }

    private static void pause(Duration duration) throws InterruptedIOException {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between two attempts");
        }
    }
}

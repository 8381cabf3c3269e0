package io.jrun.image.registry;

import io.jrun.error.JrunException;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** An answer that may be better the next time. Never leaves this package. */
final class TransientStatusException extends IOException {

    private static final long serialVersionUID = 1L;

    private final JrunException inTheEnd;
    private final transient Optional<Duration> pause;

    /**
     * @param inTheEnd what to throw when no attempt is left
     * @param pause what the server asks for
     */
    TransientStatusException(JrunException inTheEnd, Optional<Duration> pause) {
        super(inTheEnd);
        this.inTheEnd = inTheEnd;
        this.pause = pause;
    }

    JrunException inTheEnd() {
        return inTheEnd;
    }

    Optional<Duration> pause() {
        return pause;
    }

    /** The value of Retry-After: seconds, or a date. Source: RFC 9110, section 10.2.3. */
    static Optional<Duration> parseRetryAfter(String text, Clock clock) {
        if (text.matches("[0-9]{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration pause = Duration.between(clock.instant(), date.toInstant());
            return Optional.of(pause.isNegative() ? Duration.ZERO : pause);
        } catch (DateTimeException malformed) {
            return Optional.empty();
        }
    }
}

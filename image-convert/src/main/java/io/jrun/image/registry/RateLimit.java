package io.jrun.image.registry;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much a registry lets us ask, as far as it tells. Source: Docker's documentation of the pull rate limit; the IETF's
 * draft-ietf-httpapi-ratelimit-headers, in its older form, which registries speak.
 *
 * @param limit requests in all, where it is told
 * @param window in which requests are counted, where it is told
 */
record RateLimit(OptionalLong limit, long remaining, Optional<Duration> window) {

    private static final Pattern VALUE = Pattern.compile("([0-9]{1,15})(?:\\s*;.*)?");
    private static final Pattern WINDOW = Pattern.compile(".*;\\s*w=([0-9]{1,9})(?:\\D.*)?");

    /** So few are left that a script which goes on will soon be stopped. */
    private static final long FEW = 10;

    static Optional<RateLimit> of(HttpAnswer answer) {
        Optional<String> remaining = header(answer, "Remaining");
        OptionalLong left = remaining.map(RateLimit::number).orElse(OptionalLong.empty());
        if (left.isEmpty()) {
            return Optional.empty();
        }
        Optional<Duration> window = remaining
                .map(WINDOW::matcher)
                .filter(Matcher::matches)
                .map(m -> Duration.ofSeconds(Long.parseLong(m.group(1))));
        return Optional.of(new RateLimit(
                header(answer, "Limit").map(RateLimit::number).orElse(OptionalLong.empty()), left.getAsLong(), window));
    }

    private static Optional<String> header(HttpAnswer answer, String name) {
        return answer.header("RateLimit-" + name).or(() -> answer.header("X-RateLimit-" + name));
    }

    private static OptionalLong number(String value) {
        Matcher matcher = VALUE.matcher(value.strip());
        return matcher.matches() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
    }

    boolean isLow() {
        return remaining <= FEW && (limit.isEmpty() || limit.getAsLong() > remaining);
    }

    /** A phrase such as "3 of 100 requests left in 6 hours". */
    @Override
    public String toString() {
        return remaining
                + (limit.isPresent() ? " of " + limit.getAsLong() : "")
                + " requests left"
                + window.map(span -> " in " + inWords(span)).orElse("");
    }

    static String inWords(Duration span) {
        long seconds = span.toSeconds();
        if (seconds >= 2 * 3600) {
            return (seconds + 1800) / 3600 + " hours";
        }
        return seconds >= 120 ? (seconds + 30) / 60 + " minutes" : seconds + " s";
    }
}

package io.jrun.image.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRulesTest {

    @Nested
    class Challenges {

        @Test
        void parametersComeInAnyOrderAndQuoting() {
            assertEquals(
                    List.of(new Challenge("bearer", Map.of("scope", "a,b", "realm", "https://x/t", "service", "s"))),
                    Challenge.parse(List.of("BEARER scope=\"a,b\",Realm = \"https://x/t\" , service=s")));
        }

        @Test
        void severalChallengesInOneHeaderAndInSeveral() {
            assertEquals(
                    List.of("negotiate", "basic", "bearer"),
                    Challenge.parse(List.of("Negotiate, Basic realm=\"x, y\", charset=UTF-8", "Bearer realm=z"))
                            .stream()
                            .map(Challenge::scheme)
                            .toList());
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " , ,", "=", "Bearer realm=", "Bearer realm=\"x", "Bearer \"\\", "Basic abc=="})
        void malformedHeadersEndQuietly(String header) {
            assertTrue(Challenge.parse(List.of(header)).size() <= 2);
        }
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        Clock clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

        assertEquals(Optional.of(Duration.ofSeconds(7)), TransientStatusException.parseRetryAfter("7", clock));
        assertEquals(
                Optional.of(Duration.ofSeconds(90)),
                TransientStatusException.parseRetryAfter("Thu, 1 Jan 2026 00:01:30 GMT", clock));
        assertEquals(
                Optional.of(Duration.ZERO),
                TransientStatusException.parseRetryAfter("Thu, 1 Jan 2015 00:01:30 GMT", clock));
        assertEquals(Optional.empty(), TransientStatusException.parseRetryAfter("soon", clock));
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        RetryPolicy policy = new RetryPolicy(9, Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofMinutes(1));
        for (int failures = 1; failures < 40; failures++) {
            long bound = Math.min(1000, 100L << Math.min(failures - 1, 10));
            long pause = policy.pauseAfter(failures).toMillis();
            assertTrue(pause >= bound / 2 && pause <= bound, failures + " failures: " + pause);
        }
    }

    /** Thousands of nodes that failed together must not come back together. */
    @Test
    void pausesOfManyDifferAndNoneIsShorterThanAskedFor() {
        Set<Long> pauses = new HashSet<>();
        Set<Long> asked = new HashSet<>();
        for (int node = 0; node < 100; node++) {
            pauses.add(RetryPolicy.DEFAULT.pauseAfter(5).toMillis());
            asked.add(RetryPolicy.jittered(Duration.ofSeconds(20)).toMillis());
        }
        assertTrue(pauses.size() > 20 && asked.size() > 20, pauses + " and " + asked);
        assertTrue(asked.stream().allMatch(millis -> millis >= 20_000 && millis <= 25_000), asked::toString);
    }
}

package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;

/** What every failed command must look like. */
final class Failures {

    private static final Pattern FIRST_LINE = Pattern.compile("jrun: cannot \\S+ .+: .*[^.]");
    private static final Pattern LATER_LINE = Pattern.compile("  (expected:|found:   |hint:) .*[^.]");

    private Failures() {}

    /** Checks exit code and grammar, and that the message has these words. */
    static void assertFailed(int exitCode, Command.Result result, String... words) {
        List<String> lines = result.talk().lines().toList();
        assertAll(
                () -> assertEquals(exitCode, result.status(), result::toString),
                () -> assertTrue(
                        !lines.isEmpty() && FIRST_LINE.matcher(lines.get(0)).matches(),
                        () -> "the first line is not `jrun: cannot VERB OBJECT: CAUSE`: " + result),
                () -> assertTrue(
                        lines.stream()
                                .skip(1)
                                .allMatch(line -> LATER_LINE.matcher(line).matches()),
                        () -> "a later line is neither expected, found nor hint: " + result),
                () -> assertEquals("", result.text(), "standard output of a failed command"),
                () -> assertTrue(
                        List.of(words).stream().allMatch(word -> result.talk().contains(word)),
                        () -> "the message lacks one of " + List.of(words) + ": " + result));
    }
}

package io.jrun.error;

import java.util.Optional;

/**
 * What went wrong, in the four parts every message of ours has.
 *
 * @param what what could not be done, as a verb phrase with its object ("import docker://lab/solver:2.1")
 * @param why the cause in words, lower case, no full stop, with the errno or spec code in brackets where there is one
 * @param comparison the two values that disagree, where two do
 * @param hint one thing the user can do, with the exact command or sysctl
 */
public record Failure(String what, String why, Optional<Comparison> comparison, Optional<String> hint) {

    /** Two values that should have been equal. */
    public record Comparison(String expected, String found) {}

    public static Failure of(String what, String why) {
        return new Failure(what, why, Optional.empty(), Optional.empty());
    }

    public Failure comparing(Object expected, Object found) {
        return new Failure(what, why, Optional.of(new Comparison(expected.toString(), found.toString())), hint);
    }

    public Failure hint(String advice) {
        return new Failure(what, why, comparison, Optional.of(advice));
    }

    /**
     * The message after "jrun: ", lines separated by line feeds, without a final one. Names come from users, images and
     * registries: their control characters are shown as \\xNN and cannot fake lines or steer a terminal.
     */
    public String message() {
        StringBuilder text = new StringBuilder("cannot ");
        append(text, what);
        append(text.append(": "), why);
        comparison.ifPresent(values -> {
            append(text.append("\n  expected: "), values.expected());
            append(text.append("\n  found:    "), values.found());
        });
        hint.ifPresent(advice -> append(text.append("\n  hint: "), advice));
        return text.toString();
    }

    private static void append(StringBuilder text, String part) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (Character.isISOControl(c)) {
                text.append("\\x").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 0xf, 16));
            } else {
                text.append(c);
            }
        }
    }
}

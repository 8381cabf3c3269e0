package io.jrun.runtime.check;

import java.util.Optional;

/**
 * One line of a check.
 *
 * @param key names the line for programs, the same in every release
 * @param subject names it for people
 * @param found what is the case
 * @param mend what can be done about it; one sentence
 */
public record Finding(String key, String subject, Verdict verdict, String found, Optional<String> mend) {

    static Finding ok(String key, String subject, String found) {
        return new Finding(key, subject, Verdict.OK, found, Optional.empty());
    }

    static Finding limited(String key, String subject, String found, String mend) {
        return new Finding(key, subject, Verdict.LIMITED, found, Optional.of(mend));
    }

    static Finding missing(String key, String subject, String found, String mend) {
        return new Finding(key, subject, Verdict.MISSING, found, Optional.of(mend));
    }
}

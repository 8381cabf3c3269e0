package io.jrun.runtime.check;

import java.util.Optional;

/** How something went that was tried for the sake of knowing. */
public sealed interface Trial {

    /** It was done, and undone again. */
    record Worked() implements Trial {}

    /**
     * It was refused.
     *
     * @param words what refused it, and why, in one line
     * @param hint what the refusing program advises
     */
    record Refused(String words, Optional<String> hint) implements Trial {
        static Refused of(String words) {
            return new Refused(words, Optional.empty());
        }
    }

    /** @param reason why nothing is known */
    record NotTried(String reason) implements Trial {}
}

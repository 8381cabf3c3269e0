package io.jrun.runtime.check;

import java.util.Locale;

/** In ascending order of trouble. */
public enum Verdict {
    OK,
    /** Containers start; something beside that is slower, or cannot be had. */
    LIMITED,
    /** Something that every start or import needs. */
    MISSING;

    /** As it is printed. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}

package io.jrun.runtime.plan;

/**
 * A value with the place that decided it.
 *
 * @param origin "option --rw", "/etc/jrun/config line 3", "JRUN_RW" or "default"
 */
record Choice<T>(T value, String origin) {

    @Override
    public boolean equals(Object other) {
        return other instanceof Choice<?> choice && value.equals(choice.value) && origin.equals(choice.origin);
    }

    @Override
    public int hashCode() {
        return 31 * value.hashCode() + origin.hashCode();
    }
}

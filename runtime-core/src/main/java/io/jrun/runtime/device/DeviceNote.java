package io.jrun.runtime.device;

/**
 * What was decided, or could not be had.
 *
 * @param text one line for people
 */
public record DeviceNote(Weight weight, String text) {

    /** Who wants to read it. */
    public enum Weight {
        /** With -v, and in {@code gpu list}. */
        DETAIL,
        /** Something that was asked for will probably not work. */
        WARNING
    }
}

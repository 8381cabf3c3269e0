package io.jrun.runtime.config;

import java.util.OptionalLong;

/** Sizes as mount(8) takes them for a tmpfs: bytes, or a number with k, m, g or t. */
public final class MemorySize {

    private MemorySize() {}

    /** Empty for what is no size, and for 0. */
    public static OptionalLong parse(String size) {
        int unitAt = size.length() - 1;
        int shift = size.isEmpty() ? -1 : "kmgt".indexOf(Character.toLowerCase(size.charAt(unitAt)));
        String digits = shift < 0 ? size : size.substring(0, unitAt);
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return OptionalLong.empty();
            }
        }
        int bits = 10 * (shift + 1);
        if (digits.isEmpty() || digits.length() > 18) {
            return OptionalLong.empty();
        }
        long value = Long.parseLong(digits);
        return value > 0 && value <= Long.MAX_VALUE >> bits ? OptionalLong.of(value << bits) : OptionalLong.empty();
    }
}

package io.jrun.cli.progress;

import java.time.Duration;
import java.util.Locale;

/** Quantities as people read them, the same in every locale. */
public final class Amounts {

    private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Amounts() {}

    /** Powers of 1000, three significant digits: "999 B", "1.23 kB", "45.6 MB". */
    public static String bytes(long sizeInBytes) {
        double amount = sizeInBytes;
        int unit = 0;
        while (Math.abs(amount) >= 999.5 && unit < UNITS.length - 1) {
            amount /= 1000;
            unit++;
        }
        if (unit == 0) {
            return sizeInBytes + " B";
        }
        String pattern = amount < 9.995 ? "%.2f %s" : amount < 99.95 ? "%.1f %s" : "%.0f %s";
        return String.format(Locale.ROOT, pattern, amount, UNITS[unit]);
    }

    /** "00:42", "12:05", "1:02:03". */
    public static String clock(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 3600
                ? String.format(Locale.ROOT, "%02d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}

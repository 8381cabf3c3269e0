package io.jrun.cli.console;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size as users type it: bytes, or with one of the binary units K, M, G, T. */
public record ByteSize(long sizeInBytes) {

    private static final Pattern GRAMMAR = Pattern.compile("([0-9]{1,18})([KMGT]?)");

    public static ByteSize parse(String text) {
        Matcher matcher = GRAMMAR.matcher(text.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("a number is expected, with K, M, G or T behind it for powers of 1024");
        }
        long factor = matcher.group(2).isEmpty() ? 1 : 1L << (10 * ("KMGT".indexOf(matcher.group(2)) + 1));
        try {
            return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor));
        } catch (ArithmeticException tooLarge) {
            throw new IllegalArgumentException("it is larger than 8 EiB", tooLarge);
        }
    }
}

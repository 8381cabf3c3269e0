package io.jrun.cli.cache;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An age as users type it: a number with m, h, d or w behind it. */
final class AgeConverter implements ITypeConverter<Duration> {

    private static final Pattern GRAMMAR = Pattern.compile("([0-9]{1,6})([mhdw])");

    @Override
    public Duration convert(String text) {
        Matcher matcher = GRAMMAR.matcher(text);
        if (!matcher.matches()) {
            throw new TypeConversionException(
                    text + " is no age: a number is expected, with m, h, d or w behind it for minutes to weeks");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
    }
}

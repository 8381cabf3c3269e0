package io.jrun.image.reference;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Operating system, architecture and variant in the words of GOOS and GOARCH, printed as {@code OS/ARCH[/VARIANT]}. The
 * variant that an architecture has when none is written (v8 of arm64, v7 of arm, v1 of amd64) is left out, so that equal
 * platforms are equal values. Source: OCI image-spec 1.1, image-index.md, "Platform Variants".
 */
public record Platform(String os, String architecture, Optional<String> variant) {

    private static final Map<String, String> ARCHITECTURE_ALIASES = Map.of(
            "x86_64", "amd64", "x86-64", "amd64", "aarch64", "arm64", "armhf", "arm", "armel", "arm", "i386", "386",
            "i686", "386");

    private static final Map<String, String> DEFAULT_VARIANTS = Map.of("arm64", "v8", "arm", "v7", "amd64", "v1");

    private static final Pattern WORD = Pattern.compile("[a-z0-9][a-z0-9._-]*");

    private static final Pattern NUMBERED_VARIANT = Pattern.compile("v([0-9]{1,3})(?:\\.[0-9]{1,3})?");

    public Platform {
        os = os.toLowerCase(Locale.ROOT);
        architecture = architecture.toLowerCase(Locale.ROOT);
        architecture = ARCHITECTURE_ALIASES.getOrDefault(architecture, architecture);
        String usual = DEFAULT_VARIANTS.getOrDefault(architecture, "");
        variant = variant.map(text -> text.toLowerCase(Locale.ROOT))
                .filter(text -> !text.isEmpty() && !text.equals(usual));
    }

    public static Platform of(String os, String architecture) {
        return new Platform(os, architecture, Optional.empty());
    }

    /**
     * Reads {@code OS/ARCH[/VARIANT]}, or an architecture alone, which means Linux.
     *
     * @throws UsageException when the text is neither
     */
    public static Platform parse(String text) throws UsageException {
        String[] words = text.toLowerCase(Locale.ROOT).split("/", -1);
        boolean wellFormed = words.length <= 3;
        for (String word : words) {
            wellFormed &= WORD.matcher(word).matches();
        }
        if (!wellFormed) {
            throw new UsageException(
                    Failure.of("use platform \"" + text + '"', "it is not of the form OS/ARCH[/VARIANT]")
                            .hint("write for example linux/arm64, linux/arm/v7, or amd64"));
        }
        return switch (words.length) {
            case 1 -> of("linux", words[0]);
            case 2 -> of(words[0], words[1]);
            default -> new Platform(words[0], words[1], Optional.of(words[2]));
        };
    }

    /**
     * The Linux platform of a machine.
     *
     * @param machine what uname(2) or Java's {@code os.arch} says
     */
    public static Platform ofMachine(String machine) {
        return of("linux", machine);
    }

    /** Where this program runs. */
    public static Platform ofHost() {
        return ofMachine(System.getProperty("os.arch"));
    }

    /** Whether operating system and architecture agree, whatever the variants. */
    public boolean sameArchitecture(Platform other) {
        return os.equals(other.os) && architecture.equals(other.architecture);
    }

    /**
     * The number in the variant, with the architecture's usual one when none is written; empty for variants that no order
     * is known of. A machine of variant N also runs programs of the lower ones.
     */
    public OptionalInt variantLevel() {
        return variant.or(() -> Optional.ofNullable(DEFAULT_VARIANTS.get(architecture)))
                .map(NUMBERED_VARIANT::matcher)
                .filter(java.util.regex.Matcher::matches)
                .map(matcher -> OptionalInt.of(Integer.parseInt(matcher.group(1))))
                .orElse(OptionalInt.empty());
    }

    @Override
    public String toString() {
        return os + '/' + architecture + variant.map(text -> '/' + text).orElse("");
    }
}

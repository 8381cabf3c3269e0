package io.jrun.image.blob;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a blob is called while it is written, {@code HEX.OWNER.SERIAL.part}.
 *
 * @param hex of the digest that it is to have, or {@link #UNKNOWN_HEX}
 * @param owner an {@link Owner} as text, or what is none
 */
record PartialName(String hex, String owner) {

    static final String SUFFIX = ".part";

    /** Stands for a digest that is not known before the blob is whole. */
    static final String UNKNOWN_HEX = "0";

    private static final Pattern GRAMMAR = Pattern.compile("([0-9a-f]+)\\.([^.]+)\\.([0-9]+)\\.part");

    /** Tells apart what one process writes at once, through whichever of its stores. */
    private static final AtomicLong SERIAL = new AtomicLong();

    /** Empty for the name of anything else. */
    static Optional<PartialName> parse(String fileName) {
        Matcher name = GRAMMAR.matcher(fileName);
        return name.matches() ? Optional.of(new PartialName(name.group(1), name.group(2))) : Optional.empty();
    }

    /** A name that no other file has. */
    static String unique(String hex, Owner owner) {
        // Leftovers of many processes carry the same owner, NOBODY; the time keeps them apart.
        long serial = owner.equals(Owner.NOBODY) ? System.nanoTime() & Long.MAX_VALUE : SERIAL.incrementAndGet();
        return hex + '.' + owner + '.' + serial + SUFFIX;
    }
}

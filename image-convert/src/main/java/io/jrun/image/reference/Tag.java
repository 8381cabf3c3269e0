package io.jrun.image.reference;

import java.util.regex.Pattern;

/** A mutable name for one manifest of a repository. Source: OCI distribution-spec 1.1, "Pulling manifests". */
public record Tag(String value) {

    private static final Pattern GRAMMAR = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");

    /** What a reference without tag and digest means. */
    public static final Tag LATEST = new Tag("latest");

    public Tag {
        if (!isValid(value)) {
            throw new IllegalArgumentException("not a tag: \"" + value + '"');
        }
    }

    static boolean isValid(String text) {
        return GRAMMAR.matcher(text).matches();
    }

    @Override
    public String toString() {
        return value;
    }
}

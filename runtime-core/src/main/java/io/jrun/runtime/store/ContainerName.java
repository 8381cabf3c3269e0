package io.jrun.runtime.store;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;

/** The name of a container: a letter or digit, then letters, digits, "_", "." and "-". */
public record ContainerName(String text) {

    /** Leaves room in a file name of 255 bytes for what temporary siblings append. */
    public static final int MAX_LENGTH = 128;

    public ContainerName {
        if (!isValid(text)) {
            throw new IllegalArgumentException("\"" + text + "\" is no container name");
        }
    }

    public static ContainerName of(String text) throws UsageException {
        if (isValid(text)) {
            return new ContainerName(text);
        }
        throw new UsageException(Failure.of("use the container name \"" + text + "\"", problem(text))
                .hint("begin with a letter or digit, go on with letters, digits, \"_\", \".\" and \"-\", at most "
                        + MAX_LENGTH));
    }

    private static boolean isValid(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH || !isAlphanumeric(text.charAt(0))) {
            return false;
        }
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isAlphanumeric(c) && c != '_' && c != '.' && c != '-') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static String problem(String text) {
        if (text.isEmpty()) {
            return "it is empty";
        }
        if (text.length() > MAX_LENGTH) {
            return "it is longer than " + MAX_LENGTH + " characters";
        }
        return text.indexOf('/') >= 0 ? "it contains a slash" : "it contains a character that names cannot have";
    }

    @Override
    public String toString() {
        return text;
    }
}

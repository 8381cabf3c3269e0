package io.jrun.cli.console;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.Locale;

/** How a command prints its result. */
public enum OutputFormat {
    TEXT,
    JSON;

    public static OutputFormat named(String name) throws UsageException {
        for (OutputFormat format : values()) {
            if (format.label().equals(name)) {
                return format;
            }
        }
        throw new UsageException(Failure.of("print in the format " + name, "there is no such format")
                .hint("the formats are text and json"));
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return label();
    }
}

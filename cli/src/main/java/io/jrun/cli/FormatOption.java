package io.jrun.cli;

import io.jrun.error.UsageException;
import picocli.CommandLine.Option;

/** The choice of every command that lists or inspects. */
final class FormatOption {

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text", description = "text (default) or json.")
    private String name;

    OutputFormat chosen() throws UsageException {
        return OutputFormat.named(name);
    }
}

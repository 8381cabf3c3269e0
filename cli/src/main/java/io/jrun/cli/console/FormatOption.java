package io.jrun.cli.console;

import io.jrun.error.UsageException;
import picocli.CommandLine.Option;

/** The choice of every command that lists or inspects. */
public final class FormatOption {

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text", description = "text (default) or json.")
    private String name = "text";

    public OutputFormat chosen() throws UsageException {
        return OutputFormat.named(name);
    }
}

package io.jrun.cli.convert;

import io.jrun.cli.console.Replacement;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An import as it was asked for; what is empty was left to jrun.
 *
 * @param platform as typed, OS/ARCH[/VARIANT]
 * @param compression zstd, gzip or none
 */
public record ImportRequest(
        String reference,
        Optional<Path> output,
        Replacement replacement,
        Optional<String> platform,
        String compression,
        OptionalInt level,
        OptionalInt blockSizeInBytes,
        Owners owners,
        Optional<Path> authFile,
        Transport transport,
        OptionalLong maxEntries,
        OptionalLong maxSizeInBytes,
        ImportManner manner) {

    /** Whose files they are inside the image file. */
    public enum Owners {
        AS_RECORDED,
        ALL_ROOT
    }

    /** How a registry is spoken to. */
    public enum Transport {
        /** HTTPS, but plain HTTP with registries on this machine. */
        VERIFIED,
        PLAIN_HTTP
    }
}

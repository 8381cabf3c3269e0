package io.jrun.cli.convert;

import io.jrun.cli.console.Replacement;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** An import as it was asked for; what is empty was left to jrun. */
public record ImportRequest(Source source, Target target, Limits limits, ImportManner manner) {

    /**
     * What to read.
     *
     * @param reference as typed, with its scheme
     * @param platform as typed, OS/ARCH[/VARIANT]
     */
    public record Source(
            String reference,
            Optional<String> platform,
            Optional<Path> authFile,
            Transport transport,
            Recorded recorded) {}

    /**
     * What to write.
     *
     * @param format squashfs, tar, dir or oci
     * @param compression by its name
     */
    public record Target(
            Optional<Path> output,
            Replacement replacement,
            String format,
            Optional<String> compression,
            OptionalInt level,
            OptionalInt blockSizeInBytes,
            Owners owners,
            Compat compat) {}

    /** How large the input may be. */
    public record Limits(OptionalLong maxEntries, OptionalLong maxSizeInBytes) {}

    /** Whose files they are inside the result. */
    public enum Owners {
        AS_RECORDED,
        ALL_ROOT
    }

    /** What a directory's own record of owners is worth. */
    public enum Recorded {
        IGNORED,
        RESTORED
    }

    /** For whom files are added. */
    public enum Compat {
        NONE,
        ENROOT
    }

    /** How a registry is spoken to. */
    public enum Transport {
        /** HTTPS, but plain HTTP with registries on this machine. */
        VERIFIED,
        PLAIN_HTTP
    }
}

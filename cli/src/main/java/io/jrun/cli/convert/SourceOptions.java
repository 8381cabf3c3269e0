package io.jrun.cli.convert;

import io.jrun.cli.convert.ImportRequest.Recorded;
import io.jrun.cli.convert.ImportRequest.Source;
import io.jrun.cli.convert.ImportRequest.Transport;
import io.jrun.cli.registry.RegistryFlags;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What of an image to read, and how. */
final class SourceOptions {

    @ArgGroup(multiplicity = "0..1")
    private PlatformOptions platform;

    private static final class PlatformOptions {
        @Option(
                names = {"-a", "--arch"},
                paramLabel = "ARCH",
                description = "Architecture of the image, such as arm64; this machine's by default.")
        private Optional<String> architecture;

        @Option(
                names = "--platform",
                paramLabel = "OS/ARCH[/VARIANT]",
                description = "Platform of the image, such as linux/arm/v7.")
        private Optional<String> platform;
    }

    @Mixin
    private RegistryFlags registry;

    @Option(
            names = "--restore",
            description = "Give a directory's files the owners, modes and attributes that its"
                    + " .jrun/attributes.mtree records.")
    private boolean restore;

    Source source(String reference) {
        return new Source(
                reference,
                platformText(),
                registry.authFile(),
                registry.isPlainHttp() ? Transport.PLAIN_HTTP : Transport.VERIFIED,
                restore ? Recorded.RESTORED : Recorded.IGNORED);
    }

    private Optional<String> platformText() {
        return platform == null
                ? Optional.empty()
                : platform.platform.or(() -> platform.architecture.map(name -> "linux/" + name));
    }
}

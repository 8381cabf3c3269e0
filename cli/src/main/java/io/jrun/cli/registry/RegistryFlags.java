package io.jrun.cli.registry;

import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RegistryOptions.PlainHttp;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What every command that asks a registry understands. */
public final class RegistryFlags {

    @Option(names = "--authfile", paramLabel = "FILE", description = "Where the registry's credentials lie.")
    private Optional<Path> authFile;

    @Option(names = "--plain-http", description = "Speak to the registry without encryption.")
    private boolean plainHttp;

    public Optional<Path> authFile() {
        return authFile;
    }

    public boolean isPlainHttp() {
        return plainHttp;
    }

    /** The choices together. */
    public RegistryAccess access() {
        return new RegistryAccess(authFile, plainHttp ? PlainHttp.ALLOWED : PlainHttp.ON_LOOPBACK);
    }

    /** The ways to a registry that the user chose. */
    public record RegistryAccess(Optional<Path> authFile, PlainHttp plainHttp) {

        RegistryOptions options(Map<String, String> environment) {
            RegistryOptions options = RegistryOptions.defaults(environment).withPlainHttp(plainHttp);
            return authFile.isPresent() ? options.withCredentialFile(authFile.get()) : options;
        }
    }
}

package io.jrun.image.registry;

import io.jrun.image.site.ConfigurationFiles;
import io.jrun.image.source.TransferListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the caller decides about transfers.
 *
 * @param configuration with the environment for credentials and proxies; nothing is read from the process
 * @param credentialFile the only one to read, where the user named one
 * @param connections for layers at once, beside one more for the layer that is read next
 * @param stallTimeout without a single byte, after which a transfer is broken off and tried again
 */
public record RegistryOptions(
        ConfigurationFiles configuration,
        Optional<Path> credentialFile,
        PlainHttp plainHttp,
        int connections,
        Duration connectTimeout,
        Duration stallTimeout,
        RetryPolicy retries,
        TransferListener listener) {

    /** Where transfers without TLS are allowed. */
    public enum PlainHttp {
        /** To registries on loopback hosts, which others cannot listen to, and where registries.conf says so. */
        ON_LOOPBACK,
        /** To the image's registry, whatever its host. */
        ALLOWED
    }

    /** Enough to hide the time to the first byte of each layer; registries slow down clients that open many. */
    private static final int DEFAULT_CONNECTIONS = 4;

    public RegistryOptions {
        if (connections < 1) {
            throw new IllegalArgumentException("connections must be 1 or more, not " + connections);
        }
    }

    public static RegistryOptions defaults(Map<String, String> environment) {
        return new RegistryOptions(
                ConfigurationFiles.ofThisHost(environment),
                Optional.empty(),
                PlainHttp.ON_LOOPBACK,
                DEFAULT_CONNECTIONS,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                RetryPolicy.DEFAULT,
                TransferListener.SILENT);
    }

    public Map<String, String> environment() {
        return configuration.environment();
    }

    /** With another directory than {@code /etc}. */
    public RegistryOptions withSystemConfiguration(Path directory) {
        return new RegistryOptions(
                new ConfigurationFiles(environment(), directory),
                credentialFile,
                plainHttp,
                connections,
                connectTimeout,
                stallTimeout,
                retries,
                listener);
    }

    public RegistryOptions withCredentialFile(Path file) {
        return new RegistryOptions(
                configuration,
                Optional.of(file),
                plainHttp,
                connections,
                connectTimeout,
                stallTimeout,
                retries,
                listener);
    }

    public RegistryOptions withPlainHttp(PlainHttp allowed) {
        return new RegistryOptions(
                configuration, credentialFile, allowed, connections, connectTimeout, stallTimeout, retries, listener);
    }

    public RegistryOptions withConnections(int number) {
        return new RegistryOptions(
                configuration, credentialFile, plainHttp, number, connectTimeout, stallTimeout, retries, listener);
    }

    public RegistryOptions withTimeouts(Duration connect, Duration stall) {
        return new RegistryOptions(
                configuration, credentialFile, plainHttp, connections, connect, stall, retries, listener);
    }

    public RegistryOptions withRetries(RetryPolicy policy) {
        return new RegistryOptions(
                configuration, credentialFile, plainHttp, connections, connectTimeout, stallTimeout, policy, listener);
    }

    public RegistryOptions withListener(TransferListener heard) {
        return new RegistryOptions(
                configuration, credentialFile, plainHttp, connections, connectTimeout, stallTimeout, retries, heard);
    }
}

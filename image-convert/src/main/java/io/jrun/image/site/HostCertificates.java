package io.jrun.image.site;

import io.jrun.error.JrunException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a site keeps for one registry in {@code certs.d/HOST[:PORT]}: certificates of authorities in {@code *.crt}, and
 * pairs of {@code NAME.cert} and {@code NAME.key} that prove who we are. The first directory that exists counts: the
 * user's, the containers', Docker's. Source: containers-certs.d(5).
 *
 * @param authorities trusted beside the usual ones
 */
record HostCertificates(List<Certificate> authorities, List<Identity> identities) {

    /** A certificate with those that vouch for it, and its key. */
    record Identity(PrivateKey key, List<Certificate> chain) {
        Identity {
            chain = List.copyOf(chain);
        }
    }

    static final HostCertificates NONE = new HostCertificates(List.of(), List.of());

    HostCertificates {
        authorities = List.copyOf(authorities);
        identities = List.copyOf(identities);
    }

    /** @param host with its port where the address has one */
    static HostCertificates read(ConfigurationFiles files, String host) throws JrunException {
        Optional<Path> directory = directories(files).stream()
                .map(parent -> parent.resolve(host))
                .filter(Files::isDirectory)
                .findFirst();
        return directory.isPresent() ? read(directory.get()) : NONE;
    }

    private static List<Path> directories(ConfigurationFiles files) {
        List<Path> directories = new ArrayList<>();
        files.ofUser().ifPresent(own -> directories.add(own.resolve("certs.d")));
        directories.add(files.ofSystem().resolve("certs.d"));
        directories.add(files.system().resolve("docker").resolve("certs.d"));
        return directories;
    }

    private static HostCertificates read(Path directory) throws JrunException {
        List<Certificate> authorities = new ArrayList<>();
        for (Path file : ConfigurationFiles.list(directory, ".crt")) {
            authorities.addAll(pem(file).certificates());
        }
        List<Identity> identities = new ArrayList<>();
        for (Path file : ConfigurationFiles.list(directory, ".cert")) {
            String name = file.toString();
            Path key = Path.of(name.substring(0, name.length() - "cert".length()) + "key");
            identities.add(new Identity(pem(key).privateKey(), pem(file).certificates()));
        }
        return new HostCertificates(authorities, identities);
    }

    private static PemFile pem(Path file) {
        return new PemFile(
                file, "a host's directory holds *.crt, and NAME.cert with NAME.key, in PEM without a password");
    }

    boolean isEmpty() {
        return authorities.isEmpty() && identities.isEmpty();
    }
}

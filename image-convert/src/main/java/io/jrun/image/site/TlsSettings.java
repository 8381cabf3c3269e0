package io.jrun.image.site;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Whom TLS trusts, and as whom it appears. Trusted are the certificates in {@code $SSL_CERT_FILE} where that is set, and
 * only those, as OpenSSL and Go's tools have it; else the JVM's own; in both cases also those that the site keeps for
 * the host. Files are read when the first connection wants them. Safe for use by several threads. Source:
 * openssl-env(7); containers-certs.d(5).
 */
public final class TlsSettings {

    private final ConfigurationFiles files;
    private final Map<String, Optional<SSLSocketFactory>> perHost = new HashMap<>();
    private final Map<String, SSLSocketFactory> insecure = new HashMap<>();

    public TlsSettings(ConfigurationFiles files) {
        this.files = files;
    }

    /** Prepares a connection that is not open. */
    public void apply(HttpsURLConnection connection, URI target, Endpoint.Transport transport) throws JrunException {
        String host = target.getRawAuthority();
        if (transport == Endpoint.Transport.INSECURE) {
            connection.setSSLSocketFactory(trustingAnybody(host));
            connection.setHostnameVerifier((name, session) -> true);
        } else {
            sockets(host).ifPresent(connection::setSSLSocketFactory);
        }
    }

    /** Empty where the JVM's own certificates count and nobody asks for ours. */
    private synchronized Optional<SSLSocketFactory> sockets(String host) throws JrunException {
        Optional<SSLSocketFactory> known = perHost.getOrDefault(host, Optional.empty());
        if (known.isPresent() || perHost.containsKey(host)) {
            return known;
        }
        HostCertificates own = HostCertificates.read(files, host);
        Optional<Path> variable = files.variable("SSL_CERT_FILE").map(Path::of);
        Optional<SSLSocketFactory> made = own.isEmpty() && variable.isEmpty()
                ? Optional.empty()
                : Optional.of(factory(own, trustManagers(own, variable)));
        perHost.put(host, made);
        return made;
    }

    private synchronized SSLSocketFactory trustingAnybody(String host) throws JrunException {
        SSLSocketFactory known = insecure.get(host);
        if (known == null) {
            known = factory(HostCertificates.read(files, host), new TrustManager[] {new Anybody()});
            insecure.put(host, known);
        }
        return known;
    }

    private static SSLSocketFactory factory(HostCertificates own, TrustManager[] trusted) throws JrunException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.identities().isEmpty() ? null : keyManagers(own), trusted, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw unusable(e);
        } catch (IOException e) {
            throw new IllegalStateException("an empty key store in memory cannot be made", e);
        }
    }

    private static TrustManager[] trustManagers(HostCertificates own, Optional<Path> variable) throws JrunException {
        List<Certificate> anchors = new ArrayList<>(own.authorities());
        if (variable.isPresent()) {
            anchors.addAll(
                    new PemFile(variable.get(), "SSL_CERT_FILE must name a PEM file, or be unset").certificates());
        }
        try {
            if (variable.isEmpty()) {
                anchors.addAll(List.of(usual()));
            }
            KeyStore store = emptyStore();
            for (int i = 0; i < anchors.size(); i++) {
                store.setCertificateEntry("ca-" + i, anchors.get(i));
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            return trust.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw unusable(e);
        } catch (IOException e) {
            throw new IllegalStateException("an empty key store in memory cannot be made", e);
        }
    }

    private static X509Certificate[] usual() throws GeneralSecurityException {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init((KeyStore) null);
        for (TrustManager manager : trust.getTrustManagers()) {
            if (manager instanceof X509TrustManager known) {
                return known.getAcceptedIssuers();
            }
        }
        return new X509Certificate[0];
    }

    private static KeyManager[] keyManagers(HostCertificates own) throws GeneralSecurityException, IOException {
        // Keys never leave memory: the password only satisfies the interface.
        char[] password = new char[] {'x'};
        KeyStore store = emptyStore();
        for (int i = 0; i < own.identities().size(); i++) {
            HostCertificates.Identity identity = own.identities().get(i);
            store.setKeyEntry(
                    "identity-" + i, identity.key(), password, identity.chain().toArray(new Certificate[0]));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        return keys.getKeyManagers();
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static CorruptDataException unusable(GeneralSecurityException e) {
        return new CorruptDataException(
                Failure.of("prepare TLS", "certificates and keys do not fit: " + e.getMessage())
                        .hint("does each NAME.key in certs.d belong to NAME.cert?"),
                e);
    }

    /** For registries that a site marks as insecure, which is its own decision. */
    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            throw new UnsupportedOperationException("we are no server");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // Any will do.
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

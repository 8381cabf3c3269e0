package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Whom TLS trusts: the certificates in {@code $SSL_CERT_FILE} where that is set, and only those, as OpenSSL and Go's
 * tools have it; else the JVM's own. The file is read when the first connection wants it. Safe for use by several
 * threads. Source: openssl-env(7).
 */
final class TrustedCertificates {

    private final Optional<Path> file;
    private Optional<SSLSocketFactory> sockets = Optional.empty();

    TrustedCertificates(Map<String, String> environment) {
        this.file = Optional.ofNullable(environment.get("SSL_CERT_FILE"))
                .filter(value -> !value.isEmpty())
                .map(Path::of);
    }

    /** Empty where the JVM's own certificates count. */
    synchronized Optional<SSLSocketFactory> sockets() throws JrunException {
        if (sockets.isEmpty() && file.isPresent()) {
            sockets = Optional.of(trusting(file.get()));
        }
        return sockets;
    }

    private static SSLSocketFactory trusting(Path file) throws JrunException {
        String what = "read the certificates in " + file;
        String hint = "SSL_CERT_FILE must name a PEM file, or be unset";
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore anchors = KeyStore.getInstance(KeyStore.getDefaultType());
            anchors.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                anchors.setCertificateEntry("ca-" + number++, certificate);
            }
            if (number == 0) {
                throw new CorruptDataException(
                        Failure.of(what, "there is none in it").hint(hint));
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(anchors);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new CorruptDataException(
                    Failure.of(what, "they are malformed").hint(hint), e);
        } catch (JrunException e) {
            throw e;
        } catch (IOException e) {
            throw new NotFoundException(Failure.of(what, FileFailure.cause(e)).hint(hint), e);
        }
    }
}

package io.jrun.image.source.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;

/**
 * Sends one request and hands over the answer, whatever its status: no redirects, no authentication, no retries of its
 * own. Fails with {@link NetworkException}. Built on {@link HttpURLConnection}: the JDK's newer client passes bodies on in pieces of 16 KiB between threads,
 * which took two to three times the processor time for the same bytes over loopback. Safe for use by several threads.
 */
final class HttpTransport {

    private final ProxyRules proxies;
    private final TrustedCertificates trusted;
    private final int connectTimeoutMillis;
    private final int stallTimeoutMillis;

    HttpTransport(ProxyRules proxies, TrustedCertificates trusted, Duration connectTimeout, Duration stallTimeout) {
        this.proxies = proxies;
        this.trusted = trusted;
        this.connectTimeoutMillis = Math.toIntExact(connectTimeout.toMillis());
        this.stallTimeoutMillis = Math.toIntExact(stallTimeout.toMillis());
    }

    /** The caller closes the answer. */
    HttpAnswer get(URI target, Map<String, String> headers) throws IOException {
        HttpURLConnection connection = connect(target, headers);
        try {
            return HttpAnswer.of(target, connection);
        } catch (IOException e) {
            throw new NetworkException(target, e);
        }
    }

    /** The caller closes the answer. */
    HttpAnswer postForm(URI target, Map<String, String> headers, byte[] form) throws IOException {
        HttpURLConnection connection = connect(target, headers);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        try {
            try (OutputStream body = connection.getOutputStream()) {
                body.write(form);
            }
            return HttpAnswer.of(target, connection);
        } catch (IOException e) {
            throw new NetworkException(target, e);
        }
    }

    private HttpURLConnection connect(URI target, Map<String, String> headers) throws IOException {
        ProxyRules.Route route = proxies.routeTo(target);
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection(route.proxy());
        if (connection instanceof HttpsURLConnection secured) {
            trusted.sockets().ifPresent(secured::setSSLSocketFactory);
        }
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(connectTimeoutMillis);
        connection.setReadTimeout(stallTimeoutMillis);
        connection.setRequestProperty("User-Agent", "jrun");
        route.authorization()
                .ifPresent(secret -> connection.setRequestProperty("Proxy-Authorization", secret.reveal()));
        headers.forEach(connection::setRequestProperty);
        return connection;
    }
}

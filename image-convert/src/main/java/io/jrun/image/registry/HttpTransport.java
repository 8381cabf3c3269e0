package io.jrun.image.registry;

import io.jrun.image.account.Credentials;
import io.jrun.image.site.Endpoint;
import io.jrun.image.site.ProxyRules;
import io.jrun.image.site.TlsSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.time.Duration;
import javax.net.ssl.HttpsURLConnection;

/**
 * Sends one request and hands over the answer, whatever its status: no redirects, no authentication but that of a proxy,
 * no retries of its own. Fails with {@link NetworkException}. Built on {@link HttpURLConnection}: the JDK's newer client
 * passes bodies on in pieces of 16 KiB between threads, which took two to three times the processor time for the same
 * bytes over loopback. Safe for use by several threads.
 */
final class HttpTransport {

    static {
        // By default Java refuses to tell a proxy who we are before it tunnels TLS. Read once, by the first connection.
        String property = "jdk.http.auth.tunneling.disabledSchemes";
        if (System.getProperty(property) == null) {
            System.setProperty(property, "");
        }
    }

    private final ProxyRules proxies;
    private final TlsSettings tls;
    private final int connectTimeoutMillis;
    private final int stallTimeoutMillis;

    HttpTransport(ProxyRules proxies, TlsSettings tls, Duration connectTimeout, Duration stallTimeout) {
        this.proxies = proxies;
        this.tls = tls;
        this.connectTimeoutMillis = Math.toIntExact(connectTimeout.toMillis());
        this.stallTimeoutMillis = Math.toIntExact(stallTimeout.toMillis());
    }

    /** The caller closes the answer. */
    HttpAnswer send(HttpRequest request, Endpoint.Transport transport) throws IOException {
        HttpURLConnection connection = connect(request, transport);
        try {
            if (request.body().isPresent()) {
                send(request.body().get(), connection);
            }
            return HttpAnswer.of(request, connection);
        } catch (IOException e) {
            throw new NetworkException(request.target(), e);
        }
    }

    /** A server that refuses may hang up before it has read everything; its answer then says why. */
    private static void send(HttpRequest.Body body, HttpURLConnection connection) throws IOException {
        connection.setDoOutput(true);
        connection.setFixedLengthStreamingMode(body.sizeInBytes());
        try (OutputStream out = connection.getOutputStream()) {
            body.writeTo(out);
        }
    }

    private HttpURLConnection connect(HttpRequest request, Endpoint.Transport transport) throws IOException {
        ProxyRules.Route route = proxies.routeTo(request.target());
        HttpURLConnection connection =
                (HttpURLConnection) request.target().toURL().openConnection(route.proxy());
        if (connection instanceof HttpsURLConnection secured) {
            tls.apply(secured, request.target(), transport);
        }
        connection.setRequestMethod(request.method().name());
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setConnectTimeout(connectTimeoutMillis);
        connection.setReadTimeout(stallTimeoutMillis);
        connection.setRequestProperty("User-Agent", "jrun");
        if (route.account().isPresent()) {
            connection.setAuthenticator(new ProxyAccount(route.account().get()));
        }
        request.headers().forEach(connection::setRequestProperty);
        return connection;
    }

    /** Answers a proxy that asks, once, and nobody else: Java would repeat what was refused twenty times. */
    private static final class ProxyAccount extends Authenticator {

        private final Credentials.Password account;
        private boolean answered;

        ProxyAccount(Credentials.Password account) {
            this.account = account;
        }

        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
            if (answered || getRequestorType() != RequestorType.PROXY) {
                return null;
            }
            answered = true;
            return new PasswordAuthentication(
                    account.user(), account.password().reveal().toCharArray());
        }
    }
}

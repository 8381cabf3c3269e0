package io.jrun.image.source.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RetryPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry whose certificate only itself vouches for, asked by a name that is no loopback host by its spelling. */
class TlsTest {

    private static final String PASSWORD = "changeit";
    private static final String HOST = "0.0.0.0";
    private static final RetryPolicy ONCE = new RetryPolicy(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    @TempDir
    Path directory;

    private HttpsServer server;
    private volatile boolean clientMustProveHimself;

    @BeforeEach
    void startServer() throws Exception {
        Path keys = directory.resolve("keys");
        keytool(
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=x",
                "-ext",
                "SAN=ip:" + HOST,
                "-keystore",
                keys.toString());
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        context.init(factory.getKeyManagers(), trust.getTrustManagers(), null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters wanted = context.getDefaultSSLParameters();
                wanted.setNeedClientAuth(clientMustProveHimself);
                parameters.setSSLParameters(wanted);
            }
        });
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "registry", "-storepass", PASSWORD));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
    }

    private <T extends JrunException> T failure(Class<T> type, Map<String, String> environment) throws Exception {
        ImageReference reference =
                ImageReference.parse(HOST + ":" + server.getAddress().getPort() + "/lab/solver:1");
        RegistryOptions options = RegistryOptions.defaults(environment).withRetries(ONCE);
        BlobStore store = BlobStore.at(directory.resolve("cache"));
        try (RegistrySource source = RegistrySource.open(reference, store, options)) {
            return assertThrows(type, () -> source.resolve(Platform.parse("linux/amd64")));
        }
    }

    @Test
    void unknownAuthorityIsToldWithTheVariableThatNamesIt() throws Exception {
        TransferException e = failure(TransferException.class, Map.of());

        assertTrue(e.getMessage().contains("vouches for the certificate of " + HOST), e.getMessage());
        assertTrue(e.failure().hint().orElseThrow().contains("SSL_CERT_FILE"), e.getMessage());
    }

    @Test
    void authorityOfSslCertFileIsTrusted() throws Exception {
        Path pem = directory.resolve("ca.pem");
        keytool(
                "-exportcert",
                "-rfc",
                "-file",
                pem.toString(),
                "-keystore",
                directory.resolve("keys").toString());

        NotFoundException e = failure(NotFoundException.class, Map.of("SSL_CERT_FILE", pem.toString()));

        assertTrue(e.getMessage().contains("status 404"), e.getMessage());
    }

    @Test
    void unreadableOrEmptySslCertFileIsNamed() throws Exception {
        Path absent = directory.resolve("absent.pem");
        Path empty = Files.createFile(directory.resolve("empty.pem"));
        Path garbage = Files.writeString(directory.resolve("garbage.pem"), "-----BEGIN CERTIFICATE-----\nx\n");

        NotFoundException missing = failure(NotFoundException.class, Map.of("SSL_CERT_FILE", absent.toString()));
        CorruptDataException none = failure(CorruptDataException.class, Map.of("SSL_CERT_FILE", empty.toString()));
        CorruptDataException bad = failure(CorruptDataException.class, Map.of("SSL_CERT_FILE", garbage.toString()));

        assertTrue(missing.getMessage().contains(absent + ": no such file"), missing.getMessage());
        assertTrue(none.getMessage().contains("none"), none.getMessage());
        assertTrue(bad.getMessage().contains("malformed"), bad.getMessage());
    }

    private String host() {
        return HOST + ":" + server.getAddress().getPort();
    }

    private Path certificates() throws IOException {
        return Files.createDirectories(
                directory.resolve("home/.config/containers/certs.d").resolve(host()));
    }

    private Map<String, String> home() {
        return Map.of("HOME", directory.resolve("home").toString());
    }

    private void export(Path pem) throws Exception {
        keytool(
                "-exportcert",
                "-rfc",
                "-file",
                pem.toString(),
                "-keystore",
                directory.resolve("keys").toString());
    }

    private void exportKey(Path pem, String header, UnaryOperator<byte[]> encoding) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve("keys"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        byte[] pkcs8 = store.getKey("registry", PASSWORD.toCharArray()).getEncoded();
        String text = Base64.getMimeEncoder().encodeToString(encoding.apply(pkcs8));
        Files.writeString(pem, String.format("-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n", header, text));
    }

    @Test
    void authorityInTheHostsDirectoryIsTrusted() throws Exception {
        export(certificates().resolve("ca.crt"));

        NotFoundException e = failure(NotFoundException.class, home());

        assertTrue(e.getMessage().contains("status 404"), e.getMessage());
    }

    @Test
    void clientCertificateInTheHostsDirectoryIsShown() throws Exception {
        clientMustProveHimself = true;
        export(certificates().resolve("ca.crt"));
        failure(TransferException.class, home());

        export(certificates().resolve("client.cert"));
        exportKey(certificates().resolve("client.key"), "PRIVATE KEY", UnaryOperator.identity());
        NotFoundException e = failure(NotFoundException.class, home());

        assertTrue(e.getMessage().contains("status 404"), e.getMessage());
    }

    @Test
    void unusableKeysAreNamed() throws Exception {
        export(certificates().resolve("client.cert"));
        Path key = certificates().resolve("client.key");

        failure(NotFoundException.class, home());
        Files.writeString(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        CorruptDataException encrypted = failure(CorruptDataException.class, home());
        Files.writeString(key, "-----BEGIN EC PRIVATE KEY-----MAA=-----END EC PRIVATE KEY-----");
        CorruptDataException malformed = failure(CorruptDataException.class, home());

        assertTrue(encrypted.getMessage().contains(key + ": it is encrypted"), encrypted.getMessage());
        assertTrue(malformed.getMessage().contains("malformed"), malformed.getMessage());
    }

    @Test
    void insecureRegistryNeedsNoAuthority() throws Exception {
        Path conf = Files.createDirectories(directory.resolve("home/.config/containers"))
                .resolve("registries.conf");
        Files.writeString(conf, String.format("[[registry]]%nlocation = \"%s\"%ninsecure = true%n", host()));

        NotFoundException e = failure(NotFoundException.class, home());

        assertTrue(e.getMessage().contains("status 404"), e.getMessage());
    }

    @Test
    void proxyThatAsksForAnAccountIsToldAndNobodyElse() throws Exception {
        Path pem = directory.resolve("ca.pem");
        export(pem);
        try (TunnelProxy proxy = new TunnelProxy("ann", "p@ss")) {
            NotFoundException e = failure(
                    NotFoundException.class,
                    Map.of(
                            "SSL_CERT_FILE",
                            pem.toString(),
                            "HTTPS_PROXY",
                            "http://ann:p%40ss@localhost:" + proxy.port()));

            assertTrue(e.getMessage().contains("status 404"), e.getMessage());
            assertTrue(proxy.tunnels() >= 1, "nothing went through the proxy");
            DeniedException denied = failure(
                    DeniedException.class,
                    Map.of("SSL_CERT_FILE", pem.toString(), "HTTPS_PROXY", "http://localhost:" + proxy.port()));
            assertTrue(denied.getMessage().contains("407"), denied.getMessage());
        }
    }
}

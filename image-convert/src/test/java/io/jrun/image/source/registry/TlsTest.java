package io.jrun.image.source.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.registry.RegistryOptions;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry whose certificate only itself vouches for, asked by a name that is no loopback host by its spelling. */
class TlsTest {

    private static final String PASSWORD = "changeit";
    private static final String HOST = "0.0.0.0";

    @TempDir
    Path directory;

    private HttpsServer server;

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
        context.init(factory.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
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
        BlobStore store = BlobStore.at(directory.resolve("cache"));
        try (RegistrySource source = RegistrySource.open(reference, store, RegistryOptions.defaults(environment))) {
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
}

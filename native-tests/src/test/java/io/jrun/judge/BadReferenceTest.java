package io.jrun.judge;

import static io.jrun.judge.Failures.assertFailed;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Registries that refuse, fail or lie. Harm: a wrong or half image under the name that the user gave. */
class BadReferenceTest {

    private final Jrun jrun = Jrun.as(Account.USER);

    private Command.Result importTo(String file, String reference) {
        return jrun.run("import", "-q", "-o", file, reference);
    }

    @AfterEach
    void noImageFileWasLeft() throws IOException {
        try (var files = Files.list(jrun.home())) {
            assertEquals(
                    0L,
                    files.filter(file -> file.toString().contains("sqsh")).count(),
                    "nothing may lie under or beside the final name");
        }
    }

    private static FakeRegistry busybox() {
        return FakeRegistry.of(TestImages.busybox());
    }

    @Test
    @NeedsRegistry
    void unknownRepositoryIsNotFound() {
        String reference = "docker://" + Registry.open().address() + "/no/such/image:1";

        assertFailed(3, importTo("x.sqsh", reference), "no/such/image");
    }

    @Test
    @NeedsRegistry
    void unknownTagIsNotFound() {
        String reference = Registry.open().reference("small", "small").replace(":1", ":no-such-tag");

        assertFailed(3, importTo("x.sqsh", reference), "no-such-tag");
    }

    @Test
    @NeedsRegistry
    void missingCredentialsAreDenied() {
        assertFailed(4, importTo("x.sqsh", Registry.withPassword().reference("small", "small")), "hint:");
    }

    @Test
    @NeedsRegistry
    void wrongCredentialsAreDeniedAndNotPrinted() {
        Command.Result result = importWith("wrong password");

        assertAll(
                () -> assertFailed(4, result),
                () -> assertFalse(result.talk().contains("wrong password"), result::toString));
    }

    @Test
    @NeedsRegistry
    void rightCredentialsAreTakenFromDockerConfig() throws IOException {
        Command.Result result = importWith(Registry.PASSWORD);

        assertEquals(0, result.status(), result::toString);
        assertTrue(Files.deleteIfExists(jrun.file("x.sqsh")), "the image file is there");
    }

    private Command.Result importWith(String password) {
        Registry registry = Registry.withPassword();
        String reference = registry.reference("small", "small");
        String auth =
                Base64.getEncoder().encodeToString((Registry.USER + ":" + password).getBytes(StandardCharsets.UTF_8));
        Command.of(
                        "sh",
                        "-c",
                        "mkdir -p \"$1\" && printf %s \"$2\" >\"$1\"/config.json",
                        "sh",
                        jrun.file(".docker").toString(),
                        "{\"auths\": {\"" + registry.address() + "\": {\"auth\": \"" + auth + "\"}}}")
                .as(Account.USER)
                .run()
                .orFail();
        return importTo("x.sqsh", reference);
    }

    @Test
    void closedPortIsATransferFailure() {
        String reference = "docker://127.0.0.1:" + Registry.freePort() + "/some/image:1";

        assertFailed(6, importTo("x.sqsh", reference), "127.0.0.1");
    }

    @Test
    void unknownHostIsATransferFailure() {
        assertFailed(6, importTo("x.sqsh", "docker://no-such-host.invalid/some/image:1"), "no-such-host.invalid");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void registryThatKeepsFailingIsATransferFailure(int status) {
        try (FakeRegistry registry = busybox().misbehaveAt("/manifests/", (exchange, body) -> {
            exchange.getResponseHeaders().set("Retry-After", "0");
            FakeRegistry.reply(exchange, status, "no".getBytes(StandardCharsets.UTF_8));
        })) {
            assertFailed(6, importTo("x.sqsh", registry.reference()), Integer.toString(status));
        }
    }

    @Test
    void garbageInsteadOfAManifestIsCorrupt() {
        try (FakeRegistry registry = busybox().withManifest("no manifest")) {
            assertFailed(5, importTo("x.sqsh", registry.reference()));
        }
    }

    @Test
    void aWebPageInsteadOfAManifestIsATransferFailure() {
        try (FakeRegistry registry = busybox().withManifest("<html>a proxy speaks</html>")) {
            assertFailed(6, importTo("x.sqsh", registry.reference()), "web page", "portal or proxy");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{\"schemaVersion\": 2}",
                "{\"schemaVersion\": 2, \"config\": 1, \"layers\": 2}",
                "{\"schemaVersion\": 2, \"config\": {\"digest\": \"sha256:zz\", \"size\": 1}, \"layers\": []}"
            })
    void malformedManifestIsCorrupt(String manifest) {
        try (FakeRegistry registry = busybox().withManifest(manifest)) {
            assertFailed(5, importTo("x.sqsh", registry.reference()));
        }
    }

    @Test
    void manifestWithNegativeSizeIsCorrupt() {
        try (FakeRegistry registry = busybox()) {
            registry.withManifest(registry.manifestText().replaceAll("\"size\": \\d+", "\"size\": -5"));

            assertFailed(5, importTo("x.sqsh", registry.reference()));
        }
    }

    @Test
    void alteredBlobIsCorruptAndBothDigestsAreTold() {
        try (FakeRegistry registry = busybox()) {
            registry.misbehaveAt(registry.layerDigest(0), (exchange, body) -> {
                body[body.length / 2] ^= 1;
                FakeRegistry.reply(exchange, 200, body);
            });

            assertFailed(5, importTo("x.sqsh", registry.reference()), "expected:", "found:");
        }
    }

    @Test
    void blobShorterThanTheManifestSaysIsCorrupt() {
        try (FakeRegistry registry = busybox()) {
            registry.misbehaveAt(
                    registry.layerDigest(0),
                    (exchange, body) -> FakeRegistry.reply(exchange, 200, Arrays.copyOf(body, body.length / 2)));

            assertFailed(5, importTo("x.sqsh", registry.reference()));
        }
    }

    @Test
    void connectionThatBreaksInEveryBlobIsATransferFailure() {
        try (FakeRegistry registry = busybox()) {
            registry.misbehaveAt(registry.layerDigest(0), BadReferenceTest::breakHalfWay);

            Command.Result result = importTo("x.sqsh", registry.reference());

            assertTrue(result.status() == 6 || result.status() == 5, result::toString);
            assertFailed(result.status(), result);
        }
    }

    private static void breakHalfWay(HttpExchange exchange, byte[] body) throws IOException {
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body, 0, body.length / 2);
        exchange.getResponseBody().flush();
        exchange.close();
    }

    @Test
    void damagedBlobIsNotKeptInTheCache() {
        try (FakeRegistry registry = busybox();
                FakeRegistry liar = busybox()) {
            liar.misbehaveAt(liar.layerDigest(0), (exchange, body) -> {
                byte[] damaged = body.clone(); // whoever asks again gets it again
                damaged[10] ^= 0x55;
                FakeRegistry.reply(exchange, 200, damaged);
            });
            assertFailed(5, importTo("x.sqsh", liar.reference()));

            Command.Result afterwards = importTo("x.sqsh", registry.reference());

            assertEquals(0, afterwards.status(), afterwards::toString);
            assertTrue(jrun.file("x.sqsh").toFile().delete(), "the image file is there");
        }
    }

    @Test
    void layerThatIsNoTarIsCorrupt() {
        byte[] noise = new byte[4096];
        Arrays.fill(noise, (byte) 'x');
        try (FakeRegistry registry = FakeRegistry.ofTars(List.of(noise))) {
            assertFailed(5, importTo("x.sqsh", registry.reference()));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "docker://", "host.example/UPPER/case", "a b", "nowhere:tag:tag", "docker://host:99999/x"})
    void malformedReferenceIsAUsageFailure(String reference) {
        assertFailed(2, importTo("x.sqsh", reference));
    }

    @Test
    void selfSignedCertificateIsRefused() {
        TlsRegistry registry = TlsRegistry.start(Workbench.newFolder("tls", Account.ROOT));
        try {
            assertFailed(6, importTo("x.sqsh", registry.reference()), "localhost");
        } finally {
            registry.stop();
        }
    }
}

package io.jrun.image.push;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.error.UsageException;
import io.jrun.image.model.MediaType;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RetryPolicy;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagePushTest {

    private static final RetryPolicy QUICK =
            new RetryPolicy(4, Duration.ofMillis(2), Duration.ofMillis(20), Duration.ofSeconds(1));

    @TempDir
    Path directory;

    private UploadRegistry registry;
    private final byte[] layer = new byte[900_000];
    private final byte[] config = "{\"architecture\":\"amd64\",\"os\":\"linux\"}".getBytes(StandardCharsets.UTF_8);
    private String manifest;

    @BeforeEach
    void prepare() throws IOException {
        registry = new UploadRegistry();
        new Random(7).nextBytes(layer);
        manifest = "{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.OCI_MANIFEST + "\",\"config\":"
                + descriptor(MediaType.OCI_CONFIG.value(), config) + ",\"layers\":["
                + descriptor("application/vnd.oci.image.layer.v1.tar", layer) + "]}";
        blob(layer);
        blob(config);
        blob(bytes(manifest));
        index(descriptor(MediaType.OCI_MANIFEST.value(), bytes(manifest)));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String descriptor(String type, byte[] content) {
        return "{\"mediaType\":\"" + type + "\",\"digest\":\"" + Digest.sha256(content) + "\",\"size\":"
                + content.length + "}";
    }

    private Path blob(byte[] content) throws IOException {
        Path file =
                directory.resolve("blobs/sha256").resolve(Digest.sha256(content).hex());
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    private void index(String... entries) throws IOException {
        Files.writeString(
                directory.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":[" + String.join(",", entries) + "]}");
    }

    private Digest push(String name, Optional<String> mountFrom) throws IOException {
        RegistryOptions options = RegistryOptions.defaults(Map.of("HOME", directory.toString()))
                .withSystemConfiguration(directory.resolve("etc"))
                .withRetries(QUICK)
                .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5));
        ImageReference reference = ImageReference.parse(registry.host() + "/lab/solver" + name);
        return ImagePush.to(reference, mountFrom, options).push(LayoutContent.read(directory, Optional.empty()));
    }

    private static String blobPath(byte[] content) {
        return "/v2/lab/solver/blobs/" + Digest.sha256(content);
    }

    private void assertComplete() {
        assertArrayEquals(layer, registry.blobs.get(blobPath(layer)));
        assertArrayEquals(config, registry.blobs.get(blobPath(config)));
        assertEquals(
                manifest, new String(registry.manifests.get("/v2/lab/solver/manifests/1"), StandardCharsets.UTF_8));
    }

    @Test
    void blobsAndManifestArriveByteForByte() throws Exception {
        assertEquals(Digest.sha256(bytes(manifest)), push(":1", Optional.empty()));

        assertComplete();
        assertEquals(MediaType.OCI_MANIFEST.value(), registry.types.get("/v2/lab/solver/manifests/1"));
        assertTrue(registry.log.get(registry.log.size() - 1).startsWith("PUT /v2/lab/solver/manifests/"));
    }

    @Test
    void blobsThatAreThereAreNotSentAgain() throws Exception {
        push(":1", Optional.empty());
        long posts = registry.count("POST");

        push(":2", Optional.empty());

        assertEquals(posts, registry.count("POST"));
    }

    @Test
    void blobsOfAnotherRepositoryAreMounted() throws Exception {
        registry.blobs.put("/v2/lab/base/blobs/" + Digest.sha256(layer), layer);

        push(":1", Optional.of("lab/base"));

        assertComplete();
        assertEquals(1, registry.count("PUT /v2/lab/solver/blobs/"));
    }

    @Test
    void brokenUploadGoesOnWhereItStopped() throws Exception {
        blob(layer);
        registry.blobs.put(blobPath(config), config);
        registry.failOnce("PUT", registry.cutAfter(300_000));

        push(":1", Optional.empty());

        assertComplete();
        assertEquals(1, registry.count("POST"));
        assertEquals(2, registry.count("PUT /v2/lab/solver/blobs/"));
    }

    @Test
    void uploadThatTheRegistryForgotBeginsAnew() throws Exception {
        registry.blobs.put(blobPath(config), config);
        registry.failOnce("PUT", registry.cutAfter(300_000));
        registry.failOnce("GET", exchange -> UploadRegistry.answer(exchange, 404, new byte[0]));

        push(":1", Optional.empty());

        assertComplete();
        assertEquals(2, registry.count("POST"));
    }

    @Test
    void busyRegistryIsAskedAgain() throws Exception {
        registry.failOnce("POST", exchange -> UploadRegistry.answer(exchange, 503, new byte[0]));
        registry.failOnce("PUT", exchange -> UploadRegistry.answer(exchange, 500, new byte[0]));

        push(":1", Optional.empty());

        assertComplete();
    }

    @Test
    void tokenIsAskedForToPullAndPushAndForTheMountedRepository() throws Exception {
        registry.authorization = Optional.of("Bearer pushing");

        push(":1", Optional.of("lab/base"));

        assertComplete();
        String request = registry.log.stream()
                .filter(line -> line.startsWith("GET /token"))
                .findFirst()
                .orElseThrow();
        assertTrue(request.contains("scope=repository%3Alab%2Fsolver%3Apull%2Cpush&"), request);
        assertTrue(request.contains("scope=repository%3Alab%2Fbase%3Apull"), request);
    }

    @Test
    void tokenThatExpiresDuringTheUploadIsRenewed() throws Exception {
        registry.authorization = Optional.of("Bearer pushing");
        registry.blobs.put(blobPath(config), config);
        registry.failOnce("PUT", exchange -> {
            // To its end: a peer that stops reading may be seen as a broken connection before its answer is.
            exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
            exchange.getResponseHeaders()
                    .add("WWW-Authenticate", "Bearer realm=\"http://" + registry.host() + "/token\",service=\"s\"");
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        });

        push(":1", Optional.empty());

        assertComplete();
        assertEquals(2, registry.count("GET /token"));
    }

    @Test
    void forbiddenPushIsDenied() {
        registry.failOnce("POST", exchange -> UploadRegistry.answer(exchange, 403, new byte[0]));
        registry.failOnce("POST", exchange -> UploadRegistry.answer(exchange, 403, new byte[0]));

        DeniedException e = assertThrows(DeniedException.class, () -> push(":1", Optional.empty()));

        assertTrue(e.getMessage().contains("status 403"), e.getMessage());
        assertTrue(registry.manifests.isEmpty());
    }

    @Test
    void indexIsPushedBehindItsManifests() throws Exception {
        String inner = "{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.OCI_INDEX + "\",\"manifests\":["
                + descriptor(MediaType.OCI_MANIFEST.value(), bytes(manifest)) + "]}";
        blob(bytes(inner));
        index(descriptor(MediaType.OCI_INDEX.value(), bytes(inner)));

        assertEquals(Digest.sha256(bytes(inner)), push(":1", Optional.empty()));

        assertEquals(MediaType.OCI_INDEX.value(), registry.types.get("/v2/lab/solver/manifests/1"));
        assertArrayEquals(
                bytes(manifest), registry.manifests.get("/v2/lab/solver/manifests/" + Digest.sha256(bytes(manifest))));
    }

    @Test
    void referenceWithAnotherDigestIsRefused() {
        String other = "@sha256:" + "a".repeat(64);

        assertThrows(UsageException.class, () -> push(other, Optional.empty()));

        assertEquals(List.of(), registry.log);
    }

    @Test
    void damagedLayoutIsRefusedBeforeAnythingIsSent() throws Exception {
        Files.write(blob(layer), new byte[5]);
        assertThrows(CorruptDataException.class, () -> push(":1", Optional.empty()));
        Files.delete(blob(config));
        Files.write(blob(layer), layer);
        assertThrows(NotFoundException.class, () -> push(":1", Optional.empty()));
        Files.writeString(blob(bytes(manifest)), manifest.replace("amd64", "arm64") + " ");
        assertThrows(CorruptDataException.class, () -> push(":1", Optional.empty()));

        assertTrue(registry.log.isEmpty());
    }

    @Test
    void alteredLayerIsNotTaken() throws Exception {
        byte[] altered = layer.clone();
        altered[5] ^= 1;
        Files.write(blob(layer), altered);

        assertThrows(JrunException.class, () -> push(":1", Optional.empty()));

        assertFalse(registry.manifests.containsKey("/v2/lab/solver/manifests/1"));
    }

    @Test
    void registryThatNamesNoPlaceIsTold() {
        for (int i = 0; i < 2; i++) {
            registry.failOnce("POST", exchange -> exchange.sendResponseHeaders(202, -1));
        }

        TransferException e = assertThrows(TransferException.class, () -> push(":1", Optional.empty()));

        assertTrue(e.getMessage().contains("no place to upload"), e.getMessage());
    }

    @Test
    void severalImagesOfALayoutMustBeToldApart() throws Exception {
        String entry = descriptor(MediaType.OCI_MANIFEST.value(), bytes(manifest));
        String annotated = entry.replace("}", ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}}");
        index(String.format(annotated, "a"), String.format(annotated, "b"));

        UsageException e = assertThrows(UsageException.class, () -> LayoutContent.read(directory, Optional.empty()));

        assertTrue(e.failure().hint().orElseThrow().contains("a, b"), e.getMessage());
        assertEquals(
                Digest.sha256(bytes(manifest)),
                LayoutContent.read(directory, Optional.of("b")).descriptor().digest());
        assertThrows(NotFoundException.class, () -> LayoutContent.read(directory, Optional.of("c")));
    }
}

package io.jrun.image.source.registry;

import static io.jrun.image.source.registry.FakeRegistry.blobPath;
import static io.jrun.image.source.registry.FakeRegistry.manifestPath;
import static io.jrun.image.source.registry.FakeRegistry.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.NotFoundException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RetryPolicy;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry and its mirror, both on loopback sockets. */
class MirrorsTest {

    @TempDir
    Path directory;

    private final List<String> told = new CopyOnWriteArrayList<>();
    private FakeRegistry primary;
    private FakeRegistry mirror;
    private SampleImage sample;

    @BeforeEach
    void start() throws IOException {
        primary = new FakeRegistry();
        mirror = new FakeRegistry();
        sample = new SampleImage(78, 300_000);
        primary.serve(sample);
        mirror.serve(sample);
        configure(mirror.host());
    }

    @AfterEach
    void stop() {
        primary.close();
        mirror.close();
    }

    private void configure(String mirrorHost) throws IOException {
        Path file = directory.resolve("etc/containers/registries.conf");
        Files.createDirectories(file.getParent());
        Files.writeString(
                file,
                String.format(
                        "[[registry]]%nlocation = \"%s\"%n[[registry.mirror]]%nlocation = \"%s\"%n",
                        primary.host(), mirrorHost));
    }

    private byte[] readLayer() throws IOException {
        TransferListener listener = new TransferListener() {
            @Override
            public void noticed(String sentence) {
                told.add(sentence);
            }
        };
        RegistryOptions options = RegistryOptions.defaults(Map.of("HOME", directory.toString()))
                .withSystemConfiguration(directory.resolve("etc"))
                .withListener(listener)
                .withRetries(new RetryPolicy(3, Duration.ofMillis(2), Duration.ofMillis(9), Duration.ofSeconds(1)));
        ImageReference reference = ImageReference.parse(primary.host() + "/lab/solver:1");
        try (RegistrySource source =
                RegistrySource.open(reference, BlobStore.at(directory.resolve("cache")), options)) {
            Descriptor layer = source.resolve(Platform.parse("linux/amd64"))
                    .manifest()
                    .layers()
                    .get(0);
            try (InputStream in = source.openLayer(layer)) {
                return in.readAllBytes();
            }
        }
    }

    private String layerPath() {
        return blobPath(Digest.sha256(sample.layers().get(0)));
    }

    @Test
    void mirrorServesEverythingAndIsTold() throws Exception {
        assertArrayEquals(sample.layers().get(0), readLayer());

        assertEquals(List.of(), primary.requests());
        assertEquals(List.of("served by mirror " + mirror.host() + "/lab/solver"), told);
    }

    @Test
    void mirrorThatIsDeadIsReplacedAndTold() throws Exception {
        mirror.close();

        assertArrayEquals(sample.layers().get(0), readLayer());

        assertEquals(1, told.size(), told.toString());
        assertTrue(told.get(0).startsWith("mirror " + mirror.host() + "/lab/solver fails: no connection"), told.get(0));
    }

    @Test
    void whatTheMirrorLacksComesFromThePrimary() throws Exception {
        mirror.answerAlways(layerPath(), status(404, ""));

        assertArrayEquals(sample.layers().get(0), readLayer());

        assertEquals(
                List.of(layerPath()),
                primary.requests().stream().map(r -> r.uri().getPath()).toList());
    }

    @Test
    void transferThatBreaksAtTheMirrorGoesOnAtThePrimary() throws Exception {
        mirror.answerOnce(layerPath(), mirror.cutAfter(100_000));
        mirror.answerAlways(layerPath(), status(500, ""));

        assertArrayEquals(sample.layers().get(0), readLayer());

        assertTrue(primary.requests(layerPath()).get(0).header("Range").isPresent());
    }

    @Test
    void alteredLayerOfTheMirrorIsFetchedFromThePrimary() throws Exception {
        byte[] altered = sample.layers().get(0).clone();
        altered[100] ^= 1;
        mirror.serve(layerPath(), altered, "x/y");
        byte[] document = "{}".getBytes(UTF_8);
        mirror.serve(manifestPath("1"), document, "x/y");
        mirror.answerAlways(manifestPath("1"), status(404, ""));

        try {
            assertArrayEquals(sample.layers().get(0), readLayer());
        } catch (CorruptDataException readWhileItArrived) {
            // Whoever reads behind the transfer has seen the altered bytes: they must not be passed off as good.
            assertTrue(readWhileItArrived.getMessage().contains("DIGEST_INVALID"), readWhileItArrived.getMessage());
        }
    }

    @Test
    void passwordOfThePrimaryIsNotSentToTheMirror() throws Exception {
        String auth = Base64.getEncoder().encodeToString("ann:secret".getBytes(UTF_8));
        Path file = directory.resolve(".docker/config.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"auths\":{\"" + primary.host() + "\":{\"auth\":\"" + auth + "\"}}}");
        mirror.guardedBy(exchange -> {
            FakeRegistry.challenge(exchange, "Basic realm=\"x\"");
            return false;
        });

        assertArrayEquals(sample.layers().get(0), readLayer());

        assertTrue(mirror.requests().stream()
                .allMatch(r -> r.header("Authorization").isEmpty()));
        assertTrue(told.get(0).contains("fails"), told.toString());
    }

    @Test
    void whatNobodyHasIsReportedByThePrimary() {
        mirror.answerAlways(manifestPath("1"), status(404, ""));
        primary.answerAlways(manifestPath("1"), status(404, ""));

        NotFoundException e = assertThrows(NotFoundException.class, this::readLayer);

        assertTrue(e.getMessage().contains("GET " + primary.url(manifestPath("1"))), e.getMessage());
    }
}

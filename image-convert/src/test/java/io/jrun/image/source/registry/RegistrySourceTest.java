package io.jrun.image.source.registry;

import static io.jrun.image.source.registry.FakeRegistry.blobPath;
import static io.jrun.image.source.registry.FakeRegistry.challenge;
import static io.jrun.image.source.registry.FakeRegistry.manifestPath;
import static io.jrun.image.source.registry.FakeRegistry.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.model.MediaType;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RetryPolicy;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ImageSourceContract;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistrySourceTest implements ImageSourceContract {

    private static final RetryPolicy QUICK =
            new RetryPolicy(4, Duration.ofMillis(2), Duration.ofMillis(20), Duration.ofSeconds(2));

    @TempDir
    Path directory;

    private FakeRegistry registry;
    private SampleImage sample;

    @BeforeEach
    void startRegistry() throws IOException {
        registry = new FakeRegistry();
        sample = new SampleImage(77, 900_000);
        registry.serve(sample);
    }

    @AfterEach
    void stopRegistry() {
        registry.close();
    }

    private RegistryOptions options(String... environment) {
        Map<String, String> variables = new java.util.HashMap<>(Map.of("HOME", directory.toString()));
        for (int i = 0; i < environment.length; i += 2) {
            variables.put(environment[i], environment[i + 1]);
        }
        return RegistryOptions.defaults(variables)
                .withRetries(QUICK)
                .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5));
    }

    private BlobStore store() {
        return BlobStore.at(directory.resolve("cache"));
    }

    private RegistrySource open(RegistryOptions options) throws JrunException {
        return RegistrySource.open(ImageReference.parse(registry.host() + "/lab/solver:1"), store(), options);
    }

    @Override
    public ImageSource open(SampleImage image) throws Exception {
        registry.serve(image);
        return open(options());
    }

    private byte[] readLayer(int number, RegistryOptions options) throws IOException {
        try (RegistrySource source = open(options)) {
            Descriptor layer = source.resolve(AMD64).manifest().layers().get(number);
            try (InputStream in = source.openLayer(layer)) {
                return in.readAllBytes();
            }
        }
    }

    private Digest layerDigest(int number) {
        return Digest.sha256(sample.layers().get(number));
    }

    private void writeCredentials(String user, String password) throws IOException {
        String auth = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
        Path file = directory.resolve(".docker/config.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"auths\":{\"" + registry.host() + "\":{\"auth\":\"" + auth + "\"}}}");
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    @Nested
    class Cache {

        @Test
        void secondImportFetchesOnlyTheTag() throws Exception {
            readLayer(1, options());
            int before = registry.requests().size();

            assertArrayEquals(sample.layers().get(1), readLayer(1, options()));

            assertEquals(
                    List.of(manifestPath("1")),
                    registry.requests().subList(before, registry.requests().size()).stream()
                            .map(r -> r.uri().getPath())
                            .toList());
        }

        @Test
        void referenceByDigestNeedsNoNetworkTheSecondTime() throws Exception {
            ImageReference reference = ImageReference.parse(registry.host() + "/lab/solver@" + sample.amd64Manifest());
            try (RegistrySource source = RegistrySource.open(reference, store(), options())) {
                source.resolve(AMD64);
            }
            registry.close();

            try (RegistrySource source = RegistrySource.open(reference, store(), options())) {
                assertEquals(
                        sample.amd64Manifest(),
                        source.resolve(AMD64).manifestDescriptor().digest());
            }
        }

        @Test
        void nothingButWholeBlobsIsLeftBehind() throws Exception {
            readLayer(0, options());

            try (Stream<Path> files = Files.list(directory.resolve("cache/sha256"))) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString();
                    assertEquals(name, Digest.sha256(Files.readAllBytes(file)).hex());
                }
            }
        }

        @Test
        void repeatedLayersAreFetchedOnce() throws Exception {
            try (RegistrySource source = open(options())) {
                List<Descriptor> layers = source.resolve(AMD64).manifest().layers();
                source.prefetch(layers);
                for (Descriptor layer : layers) {
                    source.openLayer(layer).close();
                }
            }

            assertEquals(1, registry.requests(blobPath(layerDigest(0))).size());
        }

        @Test
        void unfinishedLayerOfAFormerRunIsResumed() throws Exception {
            String path = blobPath(layerDigest(0));
            registry.answerOnce(path, registry.cutAfter(300_000));
            registry.answerAlways(path, status(500, ""));
            assertThrows(TransferException.class, () -> readLayer(0, options()));
            registry.close();
            registry = new FakeRegistry();
            registry.serve(sample);

            AtomicLong resumed = new AtomicLong();
            AtomicLong received = new AtomicLong();
            RegistryOptions listening = options().withListener(new TransferListener() {
                @Override
                public void resumed(Descriptor blob, long bytesAlreadyThere) {
                    resumed.set(bytesAlreadyThere);
                }

                @Override
                public void received(Descriptor blob, long bytes) {
                    received.addAndGet(bytes);
                }
            });
            assertArrayEquals(sample.layers().get(0), readLayer(0, listening));

            String range = registry.requests(path).get(0).header("Range").orElseThrow();
            assertEquals("bytes=" + resumed.get() + "-", range);
            assertEquals(sample.layers().get(0).length, resumed.get() + received.get());
            assertTrue(resumed.get() > 0, "some of it was there");
        }

        @Test
        void damagedLeftoverOfAFormerRunCostsOneMoreTransfer() throws Exception {
            Path leftover =
                    directory.resolve("cache/sha256").resolve(layerDigest(0).hex() + ".0-0-0.1.part");
            Files.createDirectories(leftover.getParent());
            Files.write(leftover, new byte[200_000]);
            try (RegistrySource source = open(options())) {
                Descriptor layer = source.resolve(AMD64).manifest().layers().get(0);
                source.prefetch(List.of(layer));
                awaitWholeBlob(layer);
                try (InputStream in = source.openLayer(layer)) {
                    assertArrayEquals(sample.layers().get(0), in.readAllBytes());
                }
            }
        }

        private void awaitWholeBlob(Descriptor layer) throws Exception {
            for (int i = 0; i < 2000 && !store().contains(layer.digest(), layer.sizeInBytes()); i++) {
                Thread.sleep(10);
            }
        }
    }

    @Nested
    class Transfers {

        @Test
        void layerIsReadWhileItStillArrives() throws Exception {
            CountDownLatch readerHasSeenTheStart = new CountDownLatch(1);
            byte[] layer = sample.layers().get(0);
            registry.answerOnce(blobPath(layerDigest(0)), exchange -> {
                exchange.sendResponseHeaders(200, layer.length);
                exchange.getResponseBody().write(layer, 0, 1000);
                exchange.getResponseBody().flush();
                try {
                    readerHasSeenTheStart.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                exchange.getResponseBody().write(layer, 1000, layer.length - 1000);
                exchange.close();
            });
            try (RegistrySource source = open(options().withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(20)))) {
                Descriptor descriptor =
                        source.resolve(AMD64).manifest().layers().get(0);
                try (InputStream in = source.openLayer(descriptor)) {
                    assertEquals(1000, in.readNBytes(1000).length);
                    readerHasSeenTheStart.countDown();
                    assertEquals(layer.length - 1000, in.readAllBytes().length);
                }
            }
        }

        @Test
        void layerReadNextStartsThoughAllConnectionsAreBusy() throws Exception {
            CountDownLatch done = new CountDownLatch(1);
            registry.answerOnce(blobPath(layerDigest(0)), exchange -> {
                try {
                    done.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                FakeRegistry.send(exchange, 200, sample.layers().get(0));
            });
            RegistryOptions one =
                    options().withConnections(1).withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(20));
            try (RegistrySource source = open(one)) {
                List<Descriptor> layers = source.resolve(AMD64).manifest().layers();
                source.prefetch(layers);
                try (InputStream in = source.openLayer(layers.get(1))) {
                    assertArrayEquals(sample.layers().get(1), in.readAllBytes());
                }
                done.countDown();
            }
        }

        @Test
        void brokenTransferContinuesWhereItStopped() throws Exception {
            String path = blobPath(layerDigest(0));
            registry.answerOnce(path, registry.cutAfter(300_000));

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            String range = registry.requests(path).get(1).header("Range").orElseThrow();
            assertTrue(range.matches("bytes=[1-9][0-9]*-"), range);
        }

        @Test
        void brokenTransferStartsOverWhereRangesAreNotSupported() throws Exception {
            registry.withoutRanges();
            registry.answerOnce(blobPath(layerDigest(0)), registry.cutAfter(300_000));

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));
        }

        @Test
        void transferThatNeverGetsOnIsGivenUp() throws Exception {
            String path = blobPath(layerDigest(0));
            registry.answerAlways(path, registry.cutAfter(0));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("layer 1 of"), e.getMessage());
            assertEquals(QUICK.attempts(), registry.requests(path).size());
        }

        @Test
        void silentServerIsGivenUp() throws Exception {
            CountDownLatch end = new CountDownLatch(1);
            registry.answerAlways(blobPath(layerDigest(0)), exchange -> {
                try {
                    end.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
            RegistryOptions impatient = options()
                    .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(100))
                    .withRetries(new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ZERO));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, impatient));
            end.countDown();

            assertTrue(e.getMessage().contains("nothing came"), e.getMessage());
        }

        @Test
        void alteredLayerIsCorruptAndDoesNotStay() throws Exception {
            byte[] altered = sample.layers().get(0).clone();
            altered[500_000] ^= 1;
            registry.serve(blobPath(layerDigest(0)), altered, "x/y");

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("cannot use layer 1 of " + registry.host()), e.getMessage());
            assertTrue(e.failure()
                    .comparison()
                    .orElseThrow()
                    .expected()
                    .contains(layerDigest(0).toString()));
            try (Stream<Path> files = Files.list(directory.resolve("cache/sha256"))) {
                assertFalse(files.anyMatch(file ->
                        file.getFileName().toString().startsWith(layerDigest(0).hex())));
            }
        }

        @Test
        void shortLayerIsCorrupt() throws Exception {
            byte[] cut = java.util.Arrays.copyOf(sample.layers().get(0), 4096);
            registry.serve(blobPath(layerDigest(0)), cut, "x/y");

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.failure().comparison().orElseThrow().found().contains("4096 bytes"), e.getMessage());
        }

        @Test
        void busyAndFailingServerIsAskedAgain() throws Exception {
            registry.answerOnce(manifestPath("1"), status(500, "oops"));
            registry.answerOnce(manifestPath("1"), status(503, "", "Retry-After", "0"));
            registry.answerOnce(blobPath(layerDigest(0)), status(429, "{}", "Retry-After", "0"));

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));
        }

        @Test
        void retryAfterIsObeyedAndTold() throws Exception {
            registry.answerOnce(manifestPath("1"), status(429, "", "Retry-After", "1"));
            List<String> told = new CopyOnWriteArrayList<>();

            assertArrayEquals(sample.layers().get(0), readLayer(0, options().withListener(noticing(told))));

            assertEquals(List.of(registry.host() + " asks to wait 1 s"), told);
        }

        @Test
        void registryThatWantsToRestForADayIsLeftAlone() {
            registry.answerAlways(
                    manifestPath("1"),
                    status(
                            429,
                            "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"pull rate limit\"}]}",
                            "Retry-After",
                            "86400",
                            "RateLimit-Limit",
                            "100;w=21600",
                            "RateLimit-Remaining",
                            "0;w=21600"));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("asks to wait 24 hours"), e.getMessage());
            assertTrue(e.getMessage().contains("0 of 100 requests left in 6 hours (TOOMANYREQUESTS)"), e.getMessage());
            assertEquals(1, registry.requests(manifestPath("1")).size());
        }

        @Test
        void limitThatIsNearIsToldOnce() throws Exception {
            byte[] manifest = sample.blobs().get(sample.index());
            List<String> told = new CopyOnWriteArrayList<>();
            registry.guardedBy(exchange -> {
                exchange.getResponseHeaders().add("ratelimit-limit", "100;w=21600");
                exchange.getResponseHeaders().add("ratelimit-remaining", "7;w=21600");
                return manifest.length > 0;
            });

            readLayer(0, options().withListener(noticing(told)));

            assertEquals(List.of(registry.host() + " tells: 7 of 100 requests left in 6 hours"), told);
        }

        private TransferListener noticing(List<String> sentences) {
            return new TransferListener() {
                @Override
                public void noticed(String sentence) {
                    sentences.add(sentence);
                }
            };
        }

        @Test
        void tokenThatExpiresInTheMiddleOfALayerIsRenewedAndTheRestFetched() throws Exception {
            AtomicInteger tokens = new AtomicInteger();
            registry.answerAlways(
                    "/token",
                    exchange -> FakeRegistry.send(
                            exchange, 200, ("{\"token\":\"t" + tokens.incrementAndGet() + "\"}").getBytes(UTF_8)));
            AtomicInteger valid = new AtomicInteger(1);
            registry.guardedBy(exchange -> {
                String wanted = "Bearer t" + valid.get();
                if (wanted.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    return true;
                }
                challenge(exchange, "Bearer realm=\"" + registry.url("/token") + "\",service=s");
                return false;
            });
            String path = blobPath(layerDigest(0));
            registry.answerOnce(path, exchange -> {
                valid.set(2);
                registry.cutAfter(300_000).handle(exchange);
            });

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            List<FakeRegistry.Request> requests = registry.requests(path);
            assertEquals(
                    List.of("Bearer t1", "Bearer t1", "Bearer t2"),
                    requests.stream()
                            .map(r -> r.header("Authorization").orElse(""))
                            .toList());
            assertTrue(requests.get(2).header("Range").isPresent(), requests.toString());
        }

        @Test
        void progressIsReported() throws Exception {
            AtomicLong planned = new AtomicLong();
            AtomicLong received = new AtomicLong();
            AtomicInteger finished = new AtomicInteger();
            TransferListener listener = new TransferListener() {
                @Override
                public void planned(Descriptor blob, long bytesAlreadyThere) {
                    planned.addAndGet(blob.sizeInBytes() - bytesAlreadyThere);
                }

                @Override
                public void received(Descriptor blob, long bytes) {
                    received.addAndGet(bytes);
                }

                @Override
                public void finished(Descriptor blob) {
                    finished.incrementAndGet();
                }
            };
            try (RegistrySource source = open(options().withListener(listener))) {
                List<Descriptor> layers = source.resolve(AMD64).manifest().layers();
                source.prefetch(layers);
                for (Descriptor layer : layers) {
                    try (InputStream in = source.openLayer(layer)) {
                        in.readAllBytes();
                    }
                }
            }

            long expected =
                    (long) sample.layers().get(0).length + sample.layers().get(1).length;
            assertEquals(expected, planned.get());
            assertEquals(expected, received.get());
            assertEquals(2, finished.get());
        }
    }

    @Nested
    class Failures {

        @Test
        void unknownTagIsNotFound() throws Exception {
            try (RegistrySource source = RegistrySource.open(
                    ImageReference.parse(registry.host() + "/lab/solver:none"), store(), options())) {
                NotFoundException e = assertThrows(NotFoundException.class, () -> source.resolve(AMD64));

                assertTrue(e.getMessage().contains("(MANIFEST_UNKNOWN)"), e.getMessage());
                assertTrue(e.getMessage().contains("status 404"), e.getMessage());
            }
        }

        @Test
        void serverThatStaysBusyIsATransferFailureWithTheSpecCode() {
            registry.answerAlways(
                    manifestPath("1"),
                    status(429, "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\",\"message\":\"slow\\ndown\"}]}"));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("with status 429, \"slow down\" (TOOMANYREQUESTS)"), e.getMessage());
            assertTrue(e.failure().hint().isPresent());
            assertEquals(QUICK.attempts(), registry.requests(manifestPath("1")).size());
        }

        @Test
        void garbageInsteadOfAManifestIsCorrupt() {
            registry.serve(manifestPath("1"), "login first".getBytes(UTF_8), "text/plain");

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("not well-formed JSON"), e.getMessage());
        }

        @Test
        void aPageForPeopleIsNoAnswerOfARegistry() {
            registry.serve(manifestPath("1"), "<html>login</html>".getBytes(UTF_8), "text/html; charset=utf-8");

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("is a web page"), e.getMessage());
            assertEquals(1, registry.requests(manifestPath("1")).size());
        }

        @Test
        void manifestOfAnotherDigestIsCorruptAfterAllAttempts() {
            String path = manifestPath(sample.amd64Manifest().toString());
            registry.serve(path, "{}".getBytes(UTF_8), MediaType.OCI_MANIFEST.value());

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
            assertEquals(QUICK.attempts(), registry.requests(path).size());
        }

        @Test
        void headerThatContradictsTheTagsManifestIsCorrupt() {
            registry.answerAlways(
                    manifestPath("1"),
                    status(
                            200,
                            "{}",
                            "Docker-Content-Digest",
                            Digest.sha256(new byte[0]).toString()));

            assertThrows(CorruptDataException.class, () -> readLayer(0, options()));
        }

        @Test
        void alteredConfigIsCorrupt() throws Exception {
            ResolvedImage image;
            try (RegistrySource source = open(options())) {
                image = source.resolve(AMD64);
            }
            Digest config = image.manifest().config().digest();
            store().remove(config);
            registry.serve(blobPath(config), "{\"rootfs\":{}}".getBytes(UTF_8), "x/y");

            assertThrows(CorruptDataException.class, () -> readLayer(0, options()));
        }

        @Test
        void endlessManifestIsRefused() {
            registry.serve(manifestPath("1"), new byte[5 << 20], MediaType.OCI_MANIFEST.value());

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("more than 4194304 bytes"), e.getMessage());
        }

        @Test
        void schema1IsRefusedByItsMediaType() {
            registry.serve(
                    manifestPath("1"),
                    "{\"schemaVersion\":1}".getBytes(UTF_8),
                    "application/vnd.docker.distribution.manifest.v1+prettyjws");

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("schema 1"), e.getMessage());
        }

        @Test
        void closedPortIsATransferFailureThatNamesIt() throws Exception {
            int port;
            try (ServerSocket socket = new ServerSocket(0)) {
                port = socket.getLocalPort();
            }
            try (RegistrySource source =
                    RegistrySource.open(ImageReference.parse("127.0.0.1:" + port + "/x"), store(), options())) {
                TransferException e = assertThrows(TransferException.class, () -> source.resolve(AMD64));

                assertTrue(e.getMessage().contains("no connection to 127.0.0.1:" + port), e.getMessage());
            }
        }

        @Test
        void unknownHostIsATransferFailureThatNamesIt() throws Exception {
            try (RegistrySource source =
                    RegistrySource.open(ImageReference.parse("registry.invalid/x"), store(), options())) {
                TransferException e = assertThrows(TransferException.class, () -> source.resolve(AMD64));

                assertTrue(e.getMessage().contains("registry.invalid"), e.getMessage());
            }
        }

        @Test
        void serverWithoutTlsIsToldApart() throws Exception {
            try (ServerSocket plain = new ServerSocket(0)) {
                Thread server = new Thread(() -> answerInPlainText(plain));
                server.start();
                // Reaches this machine, and is no loopback host by its spelling.
                ImageReference reference = ImageReference.parse("0.0.0.0:" + plain.getLocalPort() + "/lab/solver");
                try (RegistrySource source = RegistrySource.open(reference, store(), options())) {
                    TransferException e = assertThrows(TransferException.class, () -> source.resolve(AMD64));

                    assertTrue(e.getMessage().contains("does not speak TLS"), e.getMessage());
                }
            }
        }

        @Test
        void failureOfAnotherHostNamesThatHost() throws Exception {
            int closed;
            try (ServerSocket socket = new ServerSocket(0)) {
                closed = socket.getLocalPort();
            }
            registry.answerAlways(
                    blobPath(layerDigest(0)), status(307, "", "Location", "http://127.0.0.1:" + closed + "/cdn"));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("no connection to 127.0.0.1:" + closed), e.getMessage());
        }

        @Test
        void interruptEndsTheWaitForASilentRegistryAtOnce() throws Exception {
            CountDownLatch end = new CountDownLatch(1);
            CountDownLatch asked = new CountDownLatch(1);
            registry.answerAlways(manifestPath("1"), exchange -> {
                asked.countDown();
                try {
                    end.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            });
            RegistryOptions patient = options().withTimeouts(Duration.ofMinutes(2), Duration.ofMinutes(2));
            Thread caller = Thread.currentThread();
            Thread impatient = new Thread(() -> {
                try {
                    asked.await();
                    caller.interrupt();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            impatient.start();
            try (RegistrySource source = open(patient)) {
                assertThrows(InterruptedIOException.class, () -> source.resolve(AMD64));
                assertTrue(Thread.interrupted(), "the interrupt is still to be seen");
                assertEquals(1, end.getCount(), "the registry has not answered");
            } finally {
                end.countDown();
            }
        }

        private void answerInPlainText(ServerSocket server) {
            try (Socket socket = server.accept()) {
                int first = socket.getInputStream().read();
                assertTrue(first >= 0);
                socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
            } catch (IOException clientWentAway) {
                // Its own assertion tells.
            }
        }

        @Test
        void plainHttpElsewhereWorksWhenAllowed() throws Exception {
            String host = "0.0.0.0:" + registry.host().split(":", -1)[1];
            RegistryOptions allowed = options().withPlainHttp(RegistryOptions.PlainHttp.ALLOWED);
            try (RegistrySource source =
                    RegistrySource.open(ImageReference.parse(host + "/lab/solver:1"), store(), allowed)) {
                assertEquals(3, source.resolve(AMD64).manifest().layers().size());
            }
        }

        @Test
        void closedSourceGivesNoMoreLayers() throws Exception {
            RegistrySource source = open(options());
            Descriptor layer = source.resolve(AMD64).manifest().layers().get(0);
            source.close();

            assertThrows(IllegalStateException.class, () -> source.openLayer(layer));
        }
    }

    @Nested
    class Authentication {

        private void requireBearer(String challenge, String token) {
            registry.guardedBy(exchange -> {
                boolean open = exchange.getRequestURI().getPath().startsWith("/token");
                if (open
                        || ("Bearer " + token)
                                .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    return true;
                }
                challenge(exchange, challenge);
                return false;
            });
        }

        @Test
        void anonymousTokenIsFetchedAndUsed() throws Exception {
            registry.serve("/token", "{\"token\":\"abc\"}".getBytes(UTF_8), "application/json");
            requireBearer(
                    "bearer scope=\"repository:lab/solver:pull\" , service=\"fake, \\\"quoted\\\"\",realm="
                            + registry.url("/token"),
                    "abc");

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            assertEquals(
                    "service=fake, \"quoted\"&scope=repository:lab/solver:pull",
                    java.net.URLDecoder.decode(
                            registry.requests("/token").get(0).uri().getRawQuery(), UTF_8));
            assertTrue(
                    registry.requests("/token").get(0).header("Authorization").isEmpty());
        }

        @Test
        void accountIsShownToTheTokenServiceOnly() throws Exception {
            writeCredentials("ann", "se:cret");
            registry.serve("/token", "{\"access_token\":\"abc\",\"expires_in\":300}".getBytes(UTF_8), "x/y");
            requireBearer("Bearer realm=\"" + registry.url("/token") + "\"", "abc");

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            assertEquals(1, registry.requests("/token").size());
            assertEquals(
                    basic("ann", "se:cret"),
                    registry.requests("/token").get(0).header("Authorization").orElseThrow());
            assertTrue(registry.requests().stream()
                    .filter(r -> r.uri().getPath().startsWith("/v2"))
                    .noneMatch(r -> r.header("Authorization").orElse("").startsWith("Basic")));
        }

        @Test
        void expiredTokenIsRenewedOnce() throws Exception {
            registry.serve("/token", "{\"token\":\"abc\"}".getBytes(UTF_8), "x/y");
            requireBearer("Bearer realm=\"" + registry.url("/token") + "\"", "abc");
            registry.answerOnce(
                    blobPath(layerDigest(0)),
                    exchange -> challenge(exchange, "Bearer realm=\"" + registry.url("/token") + "\""));

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            assertEquals(2, registry.requests("/token").size());
        }

        @Test
        void identityTokenIsTradedForAnAccessToken() throws Exception {
            Path file = directory.resolve("auth.json");
            Files.writeString(file, "{\"auths\":{\"" + registry.host() + "\":{\"identitytoken\":\"idt\"}}}");
            registry.serve("/token", "{\"access_token\":\"abc\"}".getBytes(UTF_8), "x/y");
            requireBearer("Bearer realm=\"" + registry.url("/token") + "\",service=s", "abc");

            assertArrayEquals(sample.layers().get(0), readLayer(0, options("REGISTRY_AUTH_FILE", file.toString())));

            FakeRegistry.Request request = registry.requests("/token").get(0);
            assertEquals("POST", request.method());
            assertTrue(request.body().contains("refresh_token=idt"), request.body());
        }

        @Test
        void basicAccountIsSentAfterTheChallenge() throws Exception {
            writeCredentials("ann", "secret");
            registry.guardedBy(exchange -> {
                if (basic("ann", "secret").equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    return true;
                }
                challenge(exchange, "Basic realm=\"x\"");
                return false;
            });

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

            assertTrue(registry.requests().get(0).header("Authorization").isEmpty());
        }

        @Test
        void wrongPasswordIsDeniedAndNotRepeated() throws Exception {
            writeCredentials("ann", "hunter2");
            registry.guardedBy(exchange -> {
                challenge(exchange, "Basic realm=\"x\"");
                return false;
            });

            DeniedException e = assertThrows(DeniedException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("(UNAUTHORIZED)"), e.getMessage());
            assertFalse(e.getMessage().contains("hunter2"), e.getMessage());
            assertEquals(2, registry.requests().size());
        }

        @Test
        void tokenServiceThatRefusesIsDenied() throws Exception {
            writeCredentials("ann", "hunter2");
            registry.answerAlways("/token", status(401, ""));
            requireBearer("Bearer realm=\"" + registry.url("/token?account=x") + "\"", "abc");

            DeniedException e = assertThrows(DeniedException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("does not accept the stored account"), e.getMessage());
            assertFalse(e.getMessage().contains("?"), e.getMessage());
        }

        @Test
        void busyTokenServiceIsAskedAgain() throws Exception {
            registry.serve("/token", "{\"token\":\"abc\"}".getBytes(UTF_8), "x/y");
            registry.answerOnce("/token", status(503, ""));
            requireBearer("Bearer realm=\"" + registry.url("/token") + "\"", "abc");

            assertArrayEquals(sample.layers().get(0), readLayer(0, options()));
        }

        @Test
        void forbiddenIsDenied() {
            registry.answerAlways(manifestPath("1"), status(403, "{\"errors\":[{\"code\":\"DENIED\"}]}"));

            DeniedException e = assertThrows(DeniedException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("(DENIED)"), e.getMessage());
        }

        @Test
        void tokenServiceWithoutAnAddressIsATransferFailure() {
            requireBearer("Bearer realm=\"ftp://x/\"", "abc");

            assertInstanceOf(TransferException.class, assertThrows(JrunException.class, () -> readLayer(0, options())));
        }
    }

    @Nested
    class Redirects {

        @Test
        void authorizationStaysAtTheRegistry() throws Exception {
            writeCredentials("ann", "secret");
            registry.guardedBy(exchange -> {
                if (basic("ann", "secret").equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    return true;
                }
                challenge(exchange, "Basic realm=\"x\"");
                return false;
            });
            try (FakeRegistry elsewhere = new FakeRegistry()) {
                elsewhere.serve("/bucket", sample.layers().get(0), "x/y");
                elsewhere.answerOnce("/bucket", status(307, "", "Location", "/bucket?again"));
                registry.answerAlways(blobPath(layerDigest(0)), exchange -> {
                    exchange.getResponseHeaders().add("Location", elsewhere.url("/bucket?signature=topsecret"));
                    FakeRegistry.send(exchange, 307, "moved".getBytes(UTF_8));
                });

                assertArrayEquals(sample.layers().get(0), readLayer(0, options()));

                assertEquals(2, elsewhere.requests("/bucket").size());
                assertTrue(elsewhere.requests().stream()
                        .allMatch(r -> r.header("Authorization").isEmpty()));
            }
        }

        @Test
        void signaturesAreNotPrinted() throws Exception {
            try (FakeRegistry elsewhere = new FakeRegistry()) {
                elsewhere.answerAlways("/bucket", status(418, "no"));
                registry.answerAlways(
                        blobPath(layerDigest(0)),
                        status(302, "", "Location", elsewhere.url("/bucket?signature=topsecret")));

                TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

                assertTrue(e.getMessage().contains(elsewhere.url("/bucket") + " with status 418"), e.getMessage());
                assertFalse(e.getMessage().contains("topsecret"), e.getMessage());
            }
        }

        @Test
        void endlessRedirectsAreGivenUp() {
            registry.answerAlways(manifestPath("1"), status(301, "", "Location", registry.url(manifestPath("1"))));

            TransferException e = assertThrows(TransferException.class, () -> readLayer(0, options()));

            assertTrue(e.getMessage().contains("redirects do not end"), e.getMessage());
        }

        @Test
        void redirectsToOtherSchemesAreRefused() {
            registry.answerAlways(manifestPath("1"), status(301, "", "Location", "file:///etc/passwd"));

            assertThrows(TransferException.class, () -> readLayer(0, options()));
        }
    }
}

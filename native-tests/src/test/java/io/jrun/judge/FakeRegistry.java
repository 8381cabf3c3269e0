package io.jrun.judge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;

/** A registry on a loopback socket that holds one image and can be told to misbehave. */
final class FakeRegistry implements AutoCloseable {

    /** Replaces the regular answer to the paths that contain {@code part}. */
    interface Misbehaviour {
        void answer(HttpExchange exchange, byte[] regularBody) throws IOException;
    }

    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, Misbehaviour> misbehaviours = new ConcurrentHashMap<>();
    private final List<String> layerDigests = new ArrayList<>();
    private volatile byte[] manifest;

    private FakeRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v2/", this::serve);
        server.setExecutor(threads);
        manifest = new byte[0];
    }

    /** A registry that holds an image of these layers, lowest first. */
    static FakeRegistry of(LayerTar... layers) {
        List<byte[]> tars = new ArrayList<>();
        for (LayerTar layer : layers) {
            tars.add(layer.bytes());
        }
        return ofTars(tars);
    }

    /** The same, started as {@code process} says, the object "config" of an image config. */
    static FakeRegistry withProcess(String process, LayerTar layer) {
        return serving(List.of(layer.bytes()), process);
    }

    static FakeRegistry ofTars(List<byte[]> layers) {
        return serving(layers, "{\"Env\": [\"PATH=/bin\"], \"Cmd\": [\"/bin/sh\"]}");
    }

    private static FakeRegistry serving(List<byte[]> layers, String process) {
        try {
            FakeRegistry registry = new FakeRegistry();
            registry.publish(layers, process);
            registry.server.start();
            return registry;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void publish(List<byte[]> layers, String process) throws IOException {
        List<String> diffs = new ArrayList<>();
        List<String> descriptors = new ArrayList<>();
        for (byte[] layer : layers) {
            diffs.add("\"" + digest(layer) + "\"");
            byte[] packed = gzip(layer);
            layerDigests.add(store(packed));
            descriptors.add(descriptor("application/vnd.oci.image.layer.v1.tar+gzip", packed));
        }
        byte[] config =
                """
                {"architecture": "%s", "os": "linux", "config": %s,
                 "rootfs": {"type": "layers", "diff_ids": [%s]}}""".formatted(architecture(), process, String.join(",", diffs)).getBytes(StandardCharsets.UTF_8);
        store(config);
        manifest = """
                {"schemaVersion": 2, "mediaType": "%s", "config": %s, "layers": [%s]}""".formatted(
                        MANIFEST,
                        descriptor("application/vnd.oci.image.config.v1+json", config),
                        String.join(",", descriptors))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Lets every tag mean another image from now on. */
    void move(LayerTar... layers) {
        List<byte[]> tars = new ArrayList<>();
        for (LayerTar layer : layers) {
            tars.add(layer.bytes());
        }
        try {
            publish(tars, "{\"Env\": [\"PATH=/bin\"], \"Cmd\": [\"/bin/sh\"]}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    private String store(byte[] blob) {
        String digest = digest(blob);
        blobs.put(digest, blob);
        return digest;
    }

    private static String descriptor(String type, byte[] blob) {
        return "{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": %d}".formatted(type, digest(blob), blob.length);
    }

    static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    /** Makes every request whose path contains {@code part} be answered so. */
    FakeRegistry misbehaveAt(String part, Misbehaviour misbehaviour) {
        misbehaviours.put(part, misbehaviour);
        return this;
    }

    /** Makes the manifest be these bytes. */
    FakeRegistry withManifest(String text) {
        manifest = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    String manifestText() {
        return new String(manifest, StandardCharsets.UTF_8);
    }

    /** The digest of a layer, lowest is 0. */
    String layerDigest(int index) {
        return layerDigests.get(index);
    }

    String reference() {
        return "docker://127.0.0.1:" + server.getAddress().getPort() + "/test/image:1";
    }

    static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head && body.length > 0) {
            exchange.getResponseBody().write(body);
        }
        exchange.close();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        byte[] body = regularBody(path);
        for (Map.Entry<String, Misbehaviour> each : misbehaviours.entrySet()) {
            if (path.contains(each.getKey())) {
                each.getValue().answer(exchange, body);
                exchange.close();
                return;
            }
        }
        if (path.contains("/manifests/")) {
            exchange.getResponseHeaders().set("Content-Type", MANIFEST);
            exchange.getResponseHeaders().set("Docker-Content-Digest", digest(body));
        }
        boolean known = path.equals("/v2/") || path.contains("/manifests/") || body.length > 0;
        reply(exchange, known ? 200 : 404, body);
    }

    private byte[] regularBody(String path) {
        if (path.contains("/manifests/")) {
            return manifest.clone();
        }
        return blobs.getOrDefault(path.substring(path.lastIndexOf('/') + 1), new byte[0]);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

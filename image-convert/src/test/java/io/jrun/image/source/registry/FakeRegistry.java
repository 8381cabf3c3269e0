package io.jrun.image.source.registry;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.jrun.image.model.MediaType;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.SampleImage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A registry on a loopback socket that answers as told: real sockets, real HTTP, faults on demand. */
final class FakeRegistry implements AutoCloseable {

    /** One request as it came. */
    record Request(String method, URI uri, Map<String, List<String>> headers, String body) {

        Optional<String> header(String name) {
            return headers.entrySet().stream()
                    .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                    .map(entry -> entry.getValue().get(0))
                    .findFirst();
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> bodies = new ConcurrentHashMap<>();
    private final Map<String, String> types = new ConcurrentHashMap<>();
    private final Map<String, Deque<HttpHandler>> faults = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile boolean rangesSupported = true;
    private volatile Guard guard = exchange -> true;

    /** Decides whether a request may pass; when not, it has answered. */
    @FunctionalInterface
    interface Guard {
        boolean admits(HttpExchange exchange) throws IOException;
    }

    FakeRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    String url(String path) {
        return "http://" + host() + path;
    }

    /** Serves the image as {@code lab/solver:1}. */
    void serve(SampleImage image) {
        image.blobs().forEach((digest, bytes) -> {
            serve(blobPath(digest), bytes, "application/octet-stream");
            serve(manifestPath(digest.toString()), bytes, typeOf(image, digest));
        });
        serve(manifestPath("1"), image.blobs().get(image.index()), typeOf(image, image.index()));
    }

    private static String typeOf(SampleImage image, Digest digest) {
        return image.documents()
                .getOrDefault(digest, new MediaType("text/plain"))
                .value();
    }

    static String blobPath(Digest digest) {
        return "/v2/lab/solver/blobs/" + digest;
    }

    static String manifestPath(String reference) {
        return "/v2/lab/solver/manifests/" + reference;
    }

    void serve(String path, byte[] body, String type) {
        bodies.put(path, body);
        types.put(path, type);
    }

    void withoutRanges() {
        rangesSupported = false;
    }

    void guardedBy(Guard chosen) {
        guard = chosen;
    }

    /** The next request for the path gets this answer; several are used up in order. */
    void answerOnce(String path, HttpHandler handler) {
        faults.computeIfAbsent(path, key -> new ArrayDeque<>()).add(handler);
    }

    void answerAlways(String path, HttpHandler handler) {
        for (int i = 0; i < 100; i++) {
            answerOnce(path, handler);
        }
    }

    static HttpHandler status(int status, String body, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            send(exchange, status, body.getBytes(StandardCharsets.UTF_8));
        };
    }

    /** Announces the whole body and breaks off after some bytes of it. */
    HttpHandler cutAfter(int bytes) {
        return exchange -> {
            byte[] body = bodies.get(exchange.getRequestURI().getPath());
            int start = startOf(exchange, body);
            exchange.sendResponseHeaders(start > 0 ? 206 : 200, body.length - start);
            OutputStream out = exchange.getResponseBody();
            out.write(body, start, Math.min(bytes, body.length - start));
            out.flush();
            throw new IOException("cut on purpose");
        };
    }

    List<Request> requests(String path) {
        return requests.stream().filter(r -> r.uri().getPath().equals(path)).toList();
    }

    List<Request> requests() {
        return List.copyOf(requests);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add(new Request(
                exchange.getRequestMethod(), exchange.getRequestURI(), Map.copyOf(exchange.getRequestHeaders()), body));
        Optional<HttpHandler> fault = nextFault(path);
        if (fault.isPresent()) {
            fault.get().handle(exchange);
        } else if (guard.admits(exchange)) {
            serve(exchange, path);
        }
    }

    private Optional<HttpHandler> nextFault(String path) {
        Deque<HttpHandler> queue = faults.getOrDefault(path, new ArrayDeque<>());
        synchronized (queue) {
            return Optional.ofNullable(queue.poll());
        }
    }

    private void serve(HttpExchange exchange, String path) throws IOException {
        byte[] body = bodies.get(path);
        if (body == null) {
            send(
                    exchange,
                    404,
                    "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"
                            .getBytes(StandardCharsets.UTF_8));
            return;
        }
        exchange.getResponseHeaders().add("Content-Type", types.get(path));
        int start = startOf(exchange, body);
        if (start > 0) {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + start + "-" + (body.length - 1) + "/" + body.length);
        }
        byte[] part = java.util.Arrays.copyOfRange(body, start, body.length);
        send(exchange, start > 0 ? 206 : 200, part);
    }

    private int startOf(HttpExchange exchange, byte[] body) {
        String range = exchange.getRequestHeaders().getFirst("Range");
        if (!rangesSupported || range == null) {
            return 0;
        }
        int start = Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1"));
        return Math.min(start, body.length);
    }

    static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    static void challenge(HttpExchange exchange, String... challenges) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        for (String challenge : challenges) {
            headers.add("WWW-Authenticate", challenge);
        }
        send(
                exchange,
                401,
                "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}"
                        .getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

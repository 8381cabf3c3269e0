package io.jrun.image.push;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.jrun.image.reference.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A registry on a loopback socket that takes pushes as the distribution-spec has it, with faults on demand. */
final class UploadRegistry implements AutoCloseable {

    final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
    final Map<String, String> types = new ConcurrentHashMap<>();
    final List<String> log = new CopyOnWriteArrayList<>();
    final Map<String, Queue<HttpHandler>> faults = new ConcurrentHashMap<>();
    volatile Optional<String> authorization = Optional.empty();
    private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
    private final AtomicInteger serial = new AtomicInteger();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    UploadRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** The next request of the method gets this answer. */
    void failOnce(String method, HttpHandler handler) {
        faults.computeIfAbsent(method, key -> new ConcurrentLinkedQueue<>()).add(handler);
    }

    /** Takes some bytes of an upload and hangs up. */
    HttpHandler cutAfter(int bytes) {
        return exchange -> {
            uploads.get(idOf(exchange)).write(exchange.getRequestBody().readNBytes(bytes));
            throw new IOException("cut on purpose");
        };
    }

    long count(String beginning) {
        return log.stream().filter(line -> line.startsWith(beginning)).count();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        log.add(exchange.getRequestMethod() + ' ' + exchange.getRequestURI());
        Queue<HttpHandler> planned = faults.getOrDefault(exchange.getRequestMethod(), new ConcurrentLinkedQueue<>());
        HttpHandler fault = path.equals("/token") ? null : planned.poll();
        if (fault != null) {
            fault.handle(exchange);
        } else if (path.equals("/token")) {
            String token = exchange.getRequestURI().getQuery().contains("push") ? "pushing" : "pulling";
            answer(exchange, 200, ("{\"token\":\"" + token + "\"}").getBytes(StandardCharsets.UTF_8));
        } else if (authorization.isPresent()
                && !authorization.get().equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            exchange.getResponseHeaders()
                    .add(
                            "WWW-Authenticate",
                            "Bearer realm=\"http://" + host() + "/token\",service=\"s\",scope=\""
                                    + "repository:lab/solver:pull repository:lab/base:pull\"");
            answer(exchange, 401, new byte[0]);
        } else if (path.contains("/blobs/uploads/")) {
            upload(exchange);
        } else {
            stored(exchange, path);
        }
    }

    private void upload(HttpExchange exchange) throws IOException {
        String query =
                Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
        switch (exchange.getRequestMethod()) {
            case "POST" -> begin(exchange, query);
            case "GET" -> {
                int size = uploads.get(idOf(exchange)).size();
                exchange.getResponseHeaders().add("Location", exchange.getRequestURI() + "&s=" + size);
                exchange.getResponseHeaders().add("Range", "0-" + Math.max(size - 1, 0));
                exchange.sendResponseHeaders(204, -1);
            }
            default -> finish(exchange, query);
        }
    }

    private void begin(HttpExchange exchange, String query) throws IOException {
        String mount = URLDecoder.decode(query.replaceAll("mount=([^&]*)&.*", "$1"), StandardCharsets.UTF_8);
        if (query.endsWith("from=lab%2Fbase") && blobs.containsKey("/v2/lab/base/blobs/" + mount)) {
            blobs.put("/v2/lab/solver/blobs/" + mount, blobs.get("/v2/lab/base/blobs/" + mount));
            exchange.sendResponseHeaders(201, -1);
            return;
        }
        String id = Integer.toString(serial.incrementAndGet());
        uploads.put(id, new ByteArrayOutputStream());
        exchange.getResponseHeaders().add("Location", "/v2/lab/solver/blobs/uploads/" + id + "?state=x");
        exchange.sendResponseHeaders(202, -1);
    }

    private void finish(HttpExchange exchange, String query) throws IOException {
        ByteArrayOutputStream upload = uploads.get(idOf(exchange));
        exchange.getRequestBody().transferTo(upload);
        String digest = URLDecoder.decode(query.replaceAll(".*digest=", ""), StandardCharsets.UTF_8);
        boolean right = Digest.sha256(upload.toByteArray()).toString().equals(digest);
        if (right) {
            blobs.put("/v2/lab/solver/blobs/" + digest, upload.toByteArray());
        }
        answer(exchange, right ? 201 : 400, new byte[0]);
    }

    private static String idOf(HttpExchange exchange) {
        return exchange.getRequestURI().getPath().replaceAll(".*/", "");
    }

    private void stored(HttpExchange exchange, String path) throws IOException {
        if (exchange.getRequestMethod().equals("PUT")) {
            try (InputStream in = exchange.getRequestBody()) {
                manifests.put(path, in.readAllBytes());
            }
            types.put(path, exchange.getRequestHeaders().getFirst("Content-Type"));
            exchange.getResponseHeaders()
                    .add(
                            "Docker-Content-Digest",
                            Digest.sha256(manifests.get(path)).toString());
            exchange.sendResponseHeaders(201, -1);
        } else {
            exchange.sendResponseHeaders(blobs.containsKey(path) ? 200 : 404, -1);
        }
    }

    static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

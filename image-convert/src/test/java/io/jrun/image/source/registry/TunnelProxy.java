package io.jrun.image.source.registry;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A proxy on a loopback socket that knows CONNECT and one account. */
final class TunnelProxy implements AutoCloseable {

    private static final String HEADER = "Proxy-Authorization: ";

    private final ServerSocket server = new ServerSocket(0, 9, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger tunnels = new AtomicInteger();
    private final String expected;

    TunnelProxy(String user, String password) throws IOException {
        byte[] pair = (user + ':' + password).getBytes(StandardCharsets.UTF_8);
        this.expected = "Basic " + Base64.getEncoder().encodeToString(pair);
        inBackground(this::acceptAll);
    }

    int port() {
        return server.getLocalPort();
    }

    int tunnels() {
        return tunnels.get();
    }

    /** Work that ends with its connection. */
    private interface Work {
        void run() throws IOException;
    }

    private void inBackground(Work work) {
        threads.execute(() -> {
            try {
                work.run();
            } catch (IOException closed) {
                // One of the ends has gone, which is how tunnels end.
            }
        });
    }

    private void acceptAll() throws IOException {
        while (true) {
            Socket client = server.accept();
            inBackground(() -> serve(client));
        }
    }

    private void serve(Socket client) throws IOException {
        try (client) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
            String request = in.readLine();
            boolean known = false;
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                known |= line.regionMatches(true, 0, HEADER, 0, HEADER.length()) && line.endsWith(expected);
            }
            OutputStream out = client.getOutputStream();
            if (!known) {
                out.write("HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
            tunnels.incrementAndGet();
            String[] target = request.split(" ", -1)[1].split(":", -1);
            try (Socket upstream = new Socket(target[0], Integer.parseInt(target[1]))) {
                out.write("HTTP/1.1 200 Go\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
                inBackground(() -> upstream.getInputStream().transferTo(out));
                client.getInputStream().transferTo(upstream.getOutputStream());
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        threads.shutdownNow();
    }
}

package io.jrun.image.source.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An engine on a socket of its own: real connections, answers byte by byte as told. */
public final class FakeEngine implements AutoCloseable {

    private final ServerSocketChannel server;
    private final Map<String, byte[]> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();

    public FakeEngine(Path socket) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread thread = new Thread(this::serve, "fake-engine");
        thread.setDaemon(true);
        thread.start();
    }

    /** Serves the archive in chunks, as Docker does, under a name of an image. */
    public FakeEngine has(String image, byte[] archive) {
        answers("/images/" + image + "/json", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".getBytes(ISO_8859_1));
        return answers("/images/" + image + "/get", chunked(archive, archive.length));
    }

    public FakeEngine answers(String target, byte[] answer) {
        answers.put(target, answer);
        return this;
    }

    public FakeEngine answers(String target, String answer) {
        return answers(target, answer.getBytes(ISO_8859_1));
    }

    /** An answer in chunks of odd sizes, of which the last are missing when it is cut. */
    static byte[] chunked(byte[] body, int cutAfter) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(ISO_8859_1));
        int at = 0;
        for (int size = 1; at < cutAfter; size = size * 3 + 1) {
            int count = Math.min(size, cutAfter - at);
            out.writeBytes((Integer.toHexString(count) + ";x=y\r\n").getBytes(ISO_8859_1));
            out.write(body, at, count);
            out.writeBytes("\r\n".getBytes(ISO_8859_1));
            at += count;
        }
        if (cutAfter == body.length) {
            out.writeBytes("0\r\n\r\n".getBytes(ISO_8859_1));
        }
        return out.toByteArray();
    }

    /** First lines of all requests. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    private void serve() {
        while (server.isOpen()) {
            try (SocketChannel client = server.accept()) {
                String request = readHead(client);
                if (request.isEmpty()) {
                    // Somebody only looked whether anybody listens.
                    continue;
                }
                requests.add(request.lines().findFirst().orElse(""));
                String target = request.split(" ", 3)[1];
                ByteBuffer answer = ByteBuffer.wrap(answers.getOrDefault(
                        target,
                        ("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n"
                                        + "{\"message\":\"No such image: " + target + "\"}")
                                .getBytes(ISO_8859_1)));
                while (answer.hasRemaining()) {
                    client.write(answer);
                }
            } catch (IOException clientWentAway) {
                requests.add("broken");
            }
        }
    }

    private static String readHead(SocketChannel client) throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        while (head.indexOf("\r\n\r\n") < 0 && client.read(buffer) >= 0) {
            head.append(new String(buffer.array(), 0, buffer.position(), ISO_8859_1));
            buffer.clear();
        }
        return head.toString();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package io.jrun.image.registry;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Status, headers and body of one answer. Closing before the end of a long body breaks the connection off. */
public final class HttpAnswer implements Closeable {

    private final HttpRequest request;
    private final URI target;
    private final HttpURLConnection connection;
    private final int status;
    private final InputStream body;

    private HttpAnswer(HttpRequest request, HttpURLConnection connection, int status, InputStream body) {
        this.request = request;
        this.target = request.target();
        this.connection = connection;
        this.status = status;
        this.body = body;
    }

    static HttpAnswer of(HttpRequest request, HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        if (status < 0) {
            throw new IOException("the answer is not HTTP");
        }
        InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        return new HttpAnswer(request, connection, status, body == null ? InputStream.nullInputStream() : body);
    }

    HttpRequest request() {
        return request;
    }

    public URI target() {
        return target;
    }

    public int status() {
        return status;
    }

    public boolean isSuccess() {
        return status / 100 == 2;
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(connection.getHeaderField(name));
    }

    /** All headers of a name, in the order in which they came. */
    List<String> headers(String name) {
        List<String> values = new ArrayList<>();
        for (Map.Entry<String, List<String>> entry :
                connection.getHeaderFields().entrySet()) {
            if (name.equalsIgnoreCase(entry.getKey())) {
                values.addAll(entry.getValue());
            }
        }
        // HttpURLConnection lists them last to first.
        Collections.reverse(values);
        return values;
    }

    public OptionalLong contentLength() {
        long length = connection.getContentLengthLong();
        return length < 0 ? OptionalLong.empty() : OptionalLong.of(length);
    }

    /**
     * Reads some of the body, as {@link InputStream#read(byte[])} does.
     *
     * @throws NetworkException when the connection fails
     */
    public int read(byte[] buffer) throws IOException {
        try {
            return body.read(buffer);
        } catch (IOException e) {
            throw new NetworkException(target, e);
        }
    }

    /**
     * The whole body, empty when it is larger than the limit.
     *
     * @throws NetworkException when the connection fails, or less comes than was announced
     */
    Optional<byte[]> document(int maxSizeInBytes) throws IOException {
        byte[] document;
        try {
            document = body.readNBytes(maxSizeInBytes + 1);
        } catch (IOException e) {
            throw new NetworkException(target, e);
        }
        if (document.length > maxSizeInBytes) {
            return Optional.empty();
        }
        if (contentLength().isPresent() && document.length < contentLength().getAsLong()) {
            throw new NetworkException(
                    target,
                    new EOFException("the answer ends after " + document.length + " bytes of "
                            + contentLength().getAsLong()));
        }
        return Optional.of(document);
    }

    /** The pause that the server asks for before the next attempt. */
    Optional<Duration> retryAfter(Clock clock) {
        return header("Retry-After").flatMap(text -> TransientStatusException.parseRetryAfter(text.strip(), clock));
    }

    /** Keeps the connection for the next request if the body was read to its end. */
    @Override
    public void close() throws IOException {
        body.close();
    }
}

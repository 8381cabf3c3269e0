package io.jrun.image.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One request without its authorization; can be sent again. */
public record HttpRequest(Method method, URI target, Map<String, String> headers, Optional<Body> body) {

    /** All that the distribution-spec needs, but for PATCH, which the JDK's connections cannot send. */
    public enum Method {
        GET,
        HEAD,
        POST,
        PUT,
        DELETE
    }

    /** What is sent behind the headers. */
    public interface Body {

        long sizeInBytes();

        /** Writes exactly {@link #sizeInBytes} bytes; may be called once per attempt. */
        void writeTo(OutputStream out) throws IOException;

        static Body of(byte[] bytes) {
            byte[] copy = bytes.clone();
            return new Body() {
                @Override
                public long sizeInBytes() {
                    return copy.length;
                }

                @Override
                public void writeTo(OutputStream out) throws IOException {
                    out.write(copy);
                }
            };
        }
    }

    public HttpRequest {
        headers = Map.copyOf(headers);
    }

    public static HttpRequest get(URI target, Map<String, String> headers) {
        return new HttpRequest(Method.GET, target, headers, Optional.empty());
    }

    public static HttpRequest of(Method method, URI target) {
        return new HttpRequest(method, target, Map.of(), Optional.empty());
    }

    public HttpRequest with(String header, String value) {
        Map<String, String> all = new HashMap<>(headers);
        all.put(header, value);
        return new HttpRequest(method, target, all, body);
    }

    public HttpRequest sending(Body content) {
        return new HttpRequest(method, target, headers, Optional.of(content));
    }

    HttpRequest at(URI other) {
        return new HttpRequest(method, other, headers, body);
    }

    /** The same question as GET. Source: RFC 9110, section 15.4.4. */
    HttpRequest seeOther(URI other) {
        return get(other, headers);
    }
}

package io.jrun.image.push;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.model.Descriptor;
import io.jrun.image.push.PushContent.PushBlob;
import io.jrun.image.registry.Attempts;
import io.jrun.image.registry.HttpAnswer;
import io.jrun.image.registry.HttpRequest;
import io.jrun.image.registry.HttpRequest.Method;
import io.jrun.image.registry.RegistryClient;
import io.jrun.image.registry.RegistryFailure;
import io.jrun.image.source.TransferListener;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one blob into a repository, unless it is there or can be had from another one: all of it in one request, and
 * after a broken connection the rest, from where the registry says it stopped. Used by one thread. Source: OCI
 * distribution-spec 1.1, "Pushing blobs".
 */
final class BlobUpload {

    private static final int BUFFER_SIZE = 1 << 18;

    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

    private final RegistryClient client;
    private final PushBlob blob;
    private final Descriptor descriptor;
    private final Optional<String> mountFrom;
    private final TransferListener listener;
    private final BooleanSupplier cancelled;
    private final RegistryFailure failure;

    /** @param mountFrom the path of another repository of this registry that may have the blob */
    BlobUpload(
            RegistryClient client,
            PushBlob blob,
            Optional<String> mountFrom,
            TransferListener listener,
            BooleanSupplier cancelled) {
        this.client = client;
        this.blob = blob;
        this.descriptor = blob.descriptor();
        this.mountFrom = mountFrom;
        this.listener = listener;
        this.cancelled = cancelled;
        this.failure = client.failure("push blob " + descriptor.digest() + " to " + client.repository());
    }

    /** Where an upload goes on, and how much of the blob is there. */
    private record Session(URI location, long offsetInBytes) {}

    void run() throws IOException {
        Attempts attempts = client.attempts(failure);
        Optional<Session> session = Optional.empty();
        while (true) {
            try {
                if (exists()) {
                    listener.planned(descriptor, descriptor.sizeInBytes());
                    return;
                }
                session = session.isPresent() ? resumed(session.get()) : session;
                session = session.isPresent() ? session : begin();
                if (session.isEmpty()) {
                    listener.planned(descriptor, descriptor.sizeInBytes());
                    return;
                }
                send(session.get(), attempts);
                listener.finished(descriptor);
                return;
            } catch (IOException e) {
                attempts.after(e, session.map(Session::location).orElse(client.uploadsUri()));
            }
        }
    }

    private boolean exists() throws IOException {
        HttpRequest request = HttpRequest.of(Method.HEAD, client.blobUri(descriptor.digest()));
        try (HttpAnswer answer = client.exchange(request, failure)) {
            return answer.isSuccess();
        } catch (NotFoundException absent) {
            return false;
        }
    }

    /** Empty when the registry took the blob from the other repository. */
    private Optional<Session> begin() throws IOException {
        String query = mountFrom
                .map(path -> "?mount=" + encoded(descriptor.digest().toString()) + "&from=" + encoded(path))
                .orElse("");
        HttpRequest request = HttpRequest.of(Method.POST, URI.create(client.uploadsUri() + query))
                .sending(HttpRequest.Body.of(new byte[0]));
        try (HttpAnswer answer = client.exchange(request, failure)) {
            return answer.status() == 201 ? Optional.empty() : Optional.of(new Session(location(answer), 0));
        }
    }

    /** Empty where nothing can be gone on with. */
    private Optional<Session> resumed(Session broken) throws IOException {
        try (HttpAnswer answer = client.exchange(HttpRequest.of(Method.GET, broken.location()), failure)) {
            Matcher range = RANGE.matcher(answer.header("Range").orElse(""));
            if (answer.status() != 204 || !range.matches()) {
                return Optional.empty();
            }
            // An upload without a byte is told as 0-0 too: to send its first byte twice would spoil it.
            long end = Long.parseLong(range.group(1));
            return end == 0 || end >= descriptor.sizeInBytes()
                    ? Optional.empty()
                    : Optional.of(new Session(location(answer), end + 1));
        } catch (JrunException forgotten) {
            return Optional.empty();
        }
    }

    private void send(Session session, Attempts attempts) throws IOException {
        URI location = session.location();
        String separator = location.getRawQuery() == null ? "?" : "&";
        URI target = URI.create(
                location + separator + "digest=" + encoded(descriptor.digest().toString()));
        HttpRequest request = HttpRequest.of(Method.PUT, target)
                .with("Content-Type", "application/octet-stream")
                .sending(new Rest(session.offsetInBytes(), attempts));
        if (session.offsetInBytes() > 0) {
            request = request.with("Content-Range", session.offsetInBytes() + "-" + (descriptor.sizeInBytes() - 1));
        }
        try (HttpAnswer answer = client.exchange(request, failure)) {
            if (answer.status() != 201) {
                // Neither an error nor "created": whether the blob is there is asked anew.
                throw new EOFException("the upload was not confirmed (status " + answer.status() + ")");
            }
        }
    }

    /** Registries behind a gateway may not know that they are asked over TLS. */
    private URI location(HttpAnswer answer) throws TransferException {
        try {
            URI location = answer.target().resolve(answer.header("Location").orElse(""));
            boolean same = answer.target().getRawAuthority().equals(location.getRawAuthority());
            boolean secure = "https".equals(location.getScheme());
            if (same && !secure && answer.target().getScheme().equals("https")) {
                location = URI.create("https" + location.toString().substring("http".length()));
            }
            boolean usable = "https".equals(location.getScheme())
                    || ("http".equals(location.getScheme())
                            && answer.target().getScheme().equals("http"));
            if (answer.header("Location").isPresent() && usable) {
                return location;
            }
        } catch (IllegalArgumentException notAUri) {
            // Told below.
        }
        throw new TransferException(Failure.of(failure.what(), "the registry names no place to upload to")
                .hint("is " + client.repository().registry() + " a container registry that takes pushes?"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** The blob from an offset to its end. */
    private final class Rest implements HttpRequest.Body {

        private final long offsetInBytes;
        private final Attempts attempts;

        Rest(long offsetInBytes, Attempts attempts) {
            this.offsetInBytes = offsetInBytes;
            this.attempts = attempts;
        }

        @Override
        public long sizeInBytes() {
            return descriptor.sizeInBytes() - offsetInBytes;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            byte[] buffer = new byte[BUFFER_SIZE];
            long left = sizeInBytes();
            try (InputStream in = blob.content().openAt(offsetInBytes)) {
                while (left > 0) {
                    int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                    if (count < 0 || cancelled.getAsBoolean()) {
                        throw new EOFException(count < 0 ? "the file has become shorter" : "the push was stopped");
                    }
                    out.write(buffer, 0, count);
                    left -= count;
                    attempts.progressed(count);
                    listener.received(descriptor, count);
                }
            }
        }
    }
}

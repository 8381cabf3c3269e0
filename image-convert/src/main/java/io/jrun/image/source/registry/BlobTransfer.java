package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.image.blob.PartialBlob;
import io.jrun.image.model.Descriptor;
import io.jrun.image.registry.Attempts;
import io.jrun.image.registry.HttpAnswer;
import io.jrun.image.registry.HttpRequest;
import io.jrun.image.registry.RegistryClient;
import io.jrun.image.registry.RegistryFailure;
import io.jrun.image.source.TransferListener;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Brings one blob from where it is to a partial blob, in as many attempts as it takes. Used by one thread. */
final class BlobTransfer {

    private static final int BUFFER_SIZE = 1 << 18;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes ([0-9]{1,18})-.*");

    private final Mirrors mirrors;
    private final Descriptor descriptor;
    private final String what;
    private final TransferListener listener;
    private final BooleanSupplier cancelled;

    BlobTransfer(
            Mirrors mirrors, Descriptor descriptor, String what, TransferListener listener, BooleanSupplier cancelled) {
        this.mirrors = mirrors;
        this.descriptor = descriptor;
        this.what = what;
        this.listener = listener;
        this.cancelled = cancelled;
    }

    /**
     * Returns when the blob is whole and verified. Bytes that turn out wrong are fetched once more from the start, if
     * nobody has read them: they may stem from a former run that ended in a power cut, or from a mirror, which is not
     * asked again then.
     */
    void run(PartialBlob blob) throws IOException {
        try {
            mirrors.ask(what, client -> fetch(client, blob));
            blob.verify();
        } catch (CorruptDataException e) {
            if (!blob.restart()) {
                throw e;
            }
            fetch(mirrors.primary(), blob);
            blob.verify();
        }
    }

    private PartialBlob fetch(RegistryClient client, PartialBlob blob) throws IOException {
        List<URI> places = places(client);
        for (int i = 0; i < places.size(); i++) {
            try {
                fetchFrom(client, places.get(i), blob);
                return blob;
            } catch (NotFoundException | DeniedException e) {
                if (i == places.size() - 1) {
                    throw e;
                }
            }
        }
        return blob;
    }

    /** The registry, then for layers that it must not distribute the other places that the descriptor names. */
    private List<URI> places(RegistryClient client) {
        List<URI> places = new ArrayList<>(List.of(client.blobUri(descriptor.digest())));
        if (!client.isMirror()) {
            descriptor.urls().forEach(url -> usable(url).ifPresent(places::add));
        }
        return places;
    }

    /** What cannot be used is left out: then the registry's own answer is reported. */
    private static Optional<URI> usable(String url) {
        try {
            return Optional.of(URI.create(url))
                    .filter(place -> "https".equals(place.getScheme()) && place.getHost() != null);
        } catch (IllegalArgumentException notAUri) {
            return Optional.empty();
        }
    }

    private void fetchFrom(RegistryClient client, URI place, PartialBlob blob) throws IOException {
        RegistryFailure failure = client.failure("fetch " + what);
        Attempts attempts = client.attempts(failure);
        byte[] buffer = new byte[BUFFER_SIZE];
        while (blob.sizeInBytes() < blob.expectedSizeInBytes()) {
            long before = blob.sizeInBytes();
            try (HttpAnswer answer = client.exchange(HttpRequest.get(place, headers(before)), failure)) {
                copy(answer, blob, buffer);
            } catch (IOException e) {
                attempts.progressed(blob.sizeInBytes() - before);
                attempts.after(e, place);
            }
        }
    }

    private static Map<String, String> headers(long present) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Accept", "*/*");
        if (present > 0) {
            headers.put("Range", "bytes=" + present + '-');
        }
        return headers;
    }

    private void copy(HttpAnswer answer, PartialBlob blob, byte[] buffer) throws IOException {
        refuseOtherSize(answer, blob);
        long toSkip = blob.sizeInBytes() - startOf(answer);
        if (toSkip < 0) {
            throw new EOFException("the answer starts behind what was asked for");
        }
        while (true) {
            int count = answer.read(buffer);
            if (cancelled.getAsBoolean()) {
                throw new InterruptedIOException("the import was stopped");
            }
            if (count < 0) {
                break;
            }
            int skipped = (int) Math.min(toSkip, count);
            toSkip -= skipped;
            if (count > skipped) {
                blob.append(buffer, skipped, count - skipped);
                listener.received(descriptor, count - skipped);
            }
        }
        if (blob.sizeInBytes() < blob.expectedSizeInBytes()) {
            throw new EOFException(
                    "the answer ends after " + blob.sizeInBytes() + " of " + blob.expectedSizeInBytes() + " bytes");
        }
    }

    /** Where in the blob the body starts: servers may ignore Range. Source: RFC 9110, sections 14.2 and 14.4. */
    private static long startOf(HttpAnswer answer) throws IOException {
        if (answer.status() != 206) {
            return 0;
        }
        Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range").orElse(""));
        if (!range.matches()) {
            throw new EOFException("the partial answer does not say which part it is");
        }
        return Long.parseLong(range.group(1));
    }

    /** A whole blob of another size is another blob: no attempt will mend it. */
    private void refuseOtherSize(HttpAnswer answer, PartialBlob blob) throws JrunException {
        boolean whole = answer.status() == 200 && answer.contentLength().isPresent();
        if (whole && answer.contentLength().getAsLong() != blob.expectedSizeInBytes()) {
            throw blob.mismatch(answer.contentLength().getAsLong() + " bytes");
        }
    }
}

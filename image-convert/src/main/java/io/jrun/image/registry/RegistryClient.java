package io.jrun.image.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Repository;
import io.jrun.image.registry.HttpRequest.Method;
import io.jrun.image.site.Endpoint;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Asks one repository of one registry, and tries again. Safe for use by several threads. Source: OCI distribution-spec
 * 1.1, "Endpoints".
 */
public final class RegistryClient {

    private static final String MANIFEST_TYPES =
            MediaType.ofManifestsAndIndexes().stream().map(MediaType::value).collect(Collectors.joining(", "));

    private final Repository repository;
    private final Endpoint.Kind kind;
    private final Origin origin;
    private final RetryPolicy retries;
    private final TransferListener listener;

    RegistryClient(
            Repository repository, Endpoint.Kind kind, Origin origin, RetryPolicy retries, TransferListener listener) {
        this.repository = repository;
        this.kind = kind;
        this.origin = origin;
        this.retries = retries;
        this.listener = listener;
    }

    /** A manifest or index as it came. */
    public record Manifest(RawDocument document, MediaType mediaType, Digest digest) {}

    public Repository repository() {
        return repository;
    }

    public boolean isMirror() {
        return kind == Endpoint.Kind.MIRROR;
    }

    public URI manifestUri(String reference) {
        return uri("/manifests/" + reference);
    }

    public URI blobUri(Digest digest) {
        return uri("/blobs/" + digest);
    }

    /** Where uploads begin. */
    public URI uploadsUri() {
        return uri("/blobs/uploads/");
    }

    private URI uri(String suffix) {
        return origin.uri("/v2/" + repository.path() + suffix);
    }

    /** @param what the action, as a verb phrase ("fetch manifest of docker.io/lab/solver:2.1") */
    public RegistryFailure failure(String what) {
        return new RegistryFailure(what, repository.registry());
    }

    public Attempts attempts(RegistryFailure failure) {
        return new Attempts(retries, failure, listener);
    }

    /** One successful answer to one request, to be closed by the caller; failures are for {@link Attempts}. */
    public HttpAnswer exchange(HttpRequest request, RegistryFailure failure) throws IOException {
        return origin.exchange(request, failure);
    }

    /** Fetches by tag or digest; what is fetched by digest is verified, and a digest in the answer's header too. */
    public Manifest manifest(String reference, int maxSizeInBytes, String what) throws IOException {
        RegistryFailure failure = failure("fetch " + what);
        Attempts attempts = attempts(failure);
        while (true) {
            try (HttpAnswer answer =
                    exchange(HttpRequest.get(manifestUri(reference), Map.of("Accept", MANIFEST_TYPES)), failure)) {
                byte[] document = documentOf(answer, maxSizeInBytes, failure);
                failure.refuseWebPage(answer, document);
                Optional<Digest> promised = Digest.parse(reference).or(() -> digestOf(answer));
                Digest.Algorithm algorithm = promised.map(Digest::algorithm).orElse(Digest.Algorithm.SHA256);
                Digest found = Digest.of(algorithm, document);
                if (promised.isPresent() && !promised.get().equals(found)) {
                    throw mismatch(what, promised.get(), found);
                }
                MediaType type = MediaType.of(answer.header("Content-Type").orElse(""));
                return new Manifest(RawDocument.of(document), type, found);
            } catch (IOException e) {
                attempts.after(e, manifestUri(reference));
            }
        }
    }

    /**
     * What a tag names, without fetching it; empty where the registry does not say. Registries that count do not count
     * this.
     */
    public Optional<Digest> manifestDigest(String reference, String what) throws IOException {
        RegistryFailure failure = failure("find the digest of " + what);
        Attempts attempts = attempts(failure);
        while (true) {
            HttpRequest request =
                    HttpRequest.of(Method.HEAD, manifestUri(reference)).with("Accept", MANIFEST_TYPES);
            try (HttpAnswer answer = exchange(request, failure)) {
                return digestOf(answer);
            } catch (IOException e) {
                attempts.after(e, request.target());
            }
        }
    }

    private static Optional<Digest> digestOf(HttpAnswer answer) {
        return answer.header("Docker-Content-Digest").flatMap(Digest::parse);
    }

    /** Fetches a small blob, whose digest and size the answer must have. */
    public byte[] document(Digest digest, long sizeInBytes, int maxSizeInBytes, String what) throws IOException {
        RegistryFailure failure = failure("fetch " + what);
        Attempts attempts = attempts(failure);
        while (true) {
            try (HttpAnswer answer = exchange(HttpRequest.get(blobUri(digest), Map.of("Accept", "*/*")), failure)) {
                byte[] document = documentOf(answer, maxSizeInBytes, failure);
                Digest found = Digest.of(digest.algorithm(), document);
                if (!found.equals(digest) || document.length != sizeInBytes) {
                    throw mismatch(
                            what, digest + "  " + sizeInBytes + " bytes", found + "  " + document.length + " bytes");
                }
                return document;
            } catch (IOException e) {
                attempts.after(e, blobUri(digest));
            }
        }
    }

    private static byte[] documentOf(HttpAnswer answer, int maxSizeInBytes, RegistryFailure failure)
            throws IOException {
        return answer.document(maxSizeInBytes)
                .orElseThrow(() -> new CorruptDataException(
                        Failure.of(failure.what(), "the answer has more than " + maxSizeInBytes + " bytes")));
    }

    /** Wrapped so that it is tried again: a cache on the way may have served something stale or cut. */
    private static TransientStatusException mismatch(String what, Object expected, Object found) {
        return new TransientStatusException(
                new CorruptDataException(
                        Failure.of("use " + what, "its bytes do not match their digest (DIGEST_INVALID)")
                                .comparing(expected, found)
                                .hint("if it recurs, a proxy or cache on the way may alter the data")),
                Optional.empty());
    }
}

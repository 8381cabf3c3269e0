package io.jrun.image.source.registry;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.TransferException;
import io.jrun.image.model.MediaType;
import io.jrun.image.model.RawDocument;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Repository;
import io.jrun.image.source.registry.RegistryOptions.PlainHttp;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks one repository of one registry: authorizes, follows redirects, tries again. Credentials go to the registry's own
 * origin and nowhere else. Safe for use by several threads. Source: OCI distribution-spec 1.1, "Pull".
 */
final class RegistryClient {

    /** Registries redirect blobs once or twice, to object stores. */
    private static final int MAX_REDIRECTS = 5;

    /** The first 401 asks for a token, the second may mean that it expired while we waited. */
    private static final int MAX_AUTHENTICATIONS = 2;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private static final String MANIFEST_TYPES =
            MediaType.ofManifestsAndIndexes().stream().map(MediaType::value).collect(Collectors.joining(", "));

    private final HttpTransport transport;
    private final Authenticator authenticator;
    private final Repository repository;
    private final RetryPolicy retries;
    private final Clock clock;
    private volatile String scheme;
    private final boolean mayTurnOutToBeTls;

    RegistryClient(
            HttpTransport transport,
            Repository repository,
            Credentials credentials,
            RegistryOptions options,
            Clock clock) {
        this.transport = transport;
        this.repository = repository;
        this.retries = options.retries();
        this.clock = clock;
        this.authenticator = new Authenticator(transport, repository, credentials, clock);
        String host = URI.create("https://" + repository.apiHost()).getHost();
        boolean plain = options.plainHttp() == PlainHttp.ALLOWED || Hosts.isLoopback(host);
        this.scheme = plain ? "http" : "https";
        this.mayTurnOutToBeTls = plain;
    }

    /** A manifest or index as it came. */
    record Manifest(RawDocument document, MediaType mediaType, Digest digest) {}

    URI manifestUri(String reference) {
        return uri("/manifests/" + reference);
    }

    URI blobUri(Digest digest) {
        return uri("/blobs/" + digest);
    }

    private URI uri(String suffix) {
        return URI.create(scheme + "://" + repository.apiHost() + "/v2/" + repository.path() + suffix);
    }

    RegistryFailure failure(String what) {
        return new RegistryFailure("fetch " + what, repository.registry());
    }

    Attempts attempts(RegistryFailure failure) {
        return new Attempts(retries, failure);
    }

    /** Fetches by tag or digest; what is fetched by digest is verified, and a digest in the answer's header too. */
    Manifest manifest(String reference, int maxSizeInBytes, String what) throws IOException {
        RegistryFailure failure = failure(what);
        Attempts attempts = attempts(failure);
        while (true) {
            try (HttpAnswer answer = exchange(manifestUri(reference), Map.of("Accept", MANIFEST_TYPES), failure)) {
                byte[] document = documentOf(answer, maxSizeInBytes, failure);
                Optional<Digest> promised = Digest.parse(reference)
                        .or(() -> answer.header("Docker-Content-Digest").flatMap(Digest::parse));
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

    /** Fetches a small blob, whose digest and size the answer must have. */
    byte[] document(Digest digest, long sizeInBytes, int maxSizeInBytes, String what) throws IOException {
        RegistryFailure failure = failure(what);
        Attempts attempts = attempts(failure);
        while (true) {
            try (HttpAnswer answer = exchange(blobUri(digest), Map.of("Accept", "*/*"), failure)) {
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

    private byte[] documentOf(HttpAnswer answer, int maxSizeInBytes, RegistryFailure failure) throws IOException {
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

    /**
     * One successful answer, to be closed by the caller.
     *
     * @throws TransientStatusException for a status that may be better the next time
     */
    HttpAnswer exchange(URI first, Map<String, String> headers, RegistryFailure failure) throws IOException {
        URI target = first;
        int authentications = 0;
        int redirects = 0;
        while (true) {
            URI registry = uri("");
            Authenticator.Authorization authorization = authenticator.authorization(registry);
            boolean atRegistry = Hosts.sameOrigin(target, registry);
            HttpAnswer answer = transport.get(target, atRegistry ? authorized(headers, authorization) : headers);
            if (answer.isSuccess()) {
                return answer;
            }
            try (answer) {
                if (REDIRECTS.contains(answer.status())) {
                    if (++redirects > MAX_REDIRECTS) {
                        throw new TransferException(Failure.of(failure.what(), "redirects do not end"));
                    }
                    target = redirectTarget(answer, failure);
                } else if (atRegistry && speaksTls(answer)) {
                    scheme = "https";
                    target = URI.create("https" + target.toString().substring("http".length()));
                } else {
                    JrunException refusal = failure.ofStatus(answer);
                    boolean tryAgain = atRegistry
                            && answer.status() == 401
                            && ++authentications <= MAX_AUTHENTICATIONS
                            && authenticator.answer(
                                    Challenge.parse(answer.headers("WWW-Authenticate")), authorization, registry);
                    if (!tryAgain) {
                        throw refused(answer, refusal);
                    }
                }
            }
        }
    }

    private IOException refused(HttpAnswer answer, JrunException refusal) {
        return RegistryFailure.isTransient(answer.status())
                ? new TransientStatusException(refusal, answer.retryAfter(clock))
                : refusal;
    }

    private static Map<String, String> authorized(
            Map<String, String> headers, Authenticator.Authorization authorization) {
        if (authorization.header().isEmpty()) {
            return headers;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.put("Authorization", authorization.header().get().reveal());
        return all;
    }

    private URI redirectTarget(HttpAnswer answer, RegistryFailure failure) throws TransferException {
        String from = Hosts.printable(answer.target());
        try {
            URI target = answer.target().resolve(answer.header("Location").orElse(""));
            boolean safe = "https".equals(target.getScheme())
                    || ("http".equals(target.getScheme())
                            && answer.target().getScheme().equals("http"));
            if (safe && target.getHost() != null && answer.header("Location").isPresent()) {
                return target;
            }
        } catch (IllegalArgumentException notAUri) {
            // Told below, without the text: redirects carry signatures.
        }
        throw new TransferException(
                Failure.of(failure.what(), "GET " + from + " redirects to no address that can be used"));
    }

    /** Go's servers say so in words when they are asked without TLS; a forwarded port looks like a loopback host. */
    private boolean speaksTls(HttpAnswer answer) throws IOException {
        if (!mayTurnOutToBeTls
                || answer.status() != 400
                || !answer.target().getScheme().equals("http")) {
            return false;
        }
        List<String> types = answer.headers("Content-Type");
        boolean isText = types.isEmpty() || types.get(0).startsWith("text/plain");
        return isText
                && answer.document(1 << 12)
                        .map(body -> new String(body, StandardCharsets.UTF_8).contains("HTTPS server"))
                        .orElse(false);
    }
}

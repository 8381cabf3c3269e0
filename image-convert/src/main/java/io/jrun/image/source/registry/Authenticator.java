package io.jrun.image.source.registry;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.TransferException;
import io.jrun.image.reference.Repository;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers a registry's challenges for one repository and remembers the answer until it expires. Safe for use by several
 * threads: the first one fetches a token, the others wait for it. Source: the distribution project's token
 * specification; RFC 6749 for refresh tokens.
 */
final class Authenticator {

    /** How requests are authorized at this moment; the serial tells a newer answer from an older one. */
    record Authorization(long serial, Optional<Secret> header) {}

    /** What the specification says tokens live for when the answer does not tell. */
    private static final Duration DEFAULT_LIFETIME = Duration.ofSeconds(60);

    /** Renewed so long before the end that a request under way does not lose its token. */
    private static final Duration EXPIRY_MARGIN = Duration.ofSeconds(5);

    private static final int MAX_TOKEN_ANSWER_SIZE_IN_BYTES = 1 << 20;

    private final HttpTransport transport;
    private final Repository repository;
    private final Credentials credentials;
    private final Clock clock;
    private Authorization current = new Authorization(0, Optional.empty());
    private Optional<Challenge> tokenChallenge = Optional.empty();
    private Instant expiry = Instant.MAX;

    Authenticator(HttpTransport transport, Repository repository, Credentials credentials, Clock clock) {
        this.transport = transport;
        this.repository = repository;
        this.credentials = credentials;
        this.clock = clock;
    }

    /** What to send with the next request; renews a token that is about to expire. */
    synchronized Authorization authorization(URI registry) throws IOException {
        if (tokenChallenge.isPresent() && clock.instant().isAfter(expiry)) {
            renew(tokenChallenge.get(), registry);
        }
        return current;
    }

    /**
     * Finds a better authorization after a 401.
     *
     * @param refused what the refused request was sent with
     * @return whether there is one that is worth another attempt
     */
    synchronized boolean answer(List<Challenge> challenges, Authorization refused, URI registry) throws IOException {
        if (current.serial() != refused.serial()) {
            return true;
        }
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("bearer")
                    && challenge.parameter("realm").isPresent()) {
                renew(challenge, registry);
                return true;
            }
        }
        boolean basicOffered =
                challenges.stream().anyMatch(challenge -> challenge.scheme().equals("basic"));
        if (basicOffered
                && credentials instanceof Credentials.Password account
                && refused.header().isEmpty()) {
            replace(Secret.basic(account.user(), account.password()));
            return true;
        }
        return false;
    }

    private void replace(Secret header) {
        current = new Authorization(current.serial() + 1, Optional.of(header));
    }

    private void renew(Challenge challenge, URI registry) throws IOException {
        URI realm = realm(challenge, registry);
        try (HttpAnswer answer = requestToken(realm, challenge)) {
            if (!answer.isSuccess()) {
                throw refusal(answer);
            }
            byte[] document = answer.document(MAX_TOKEN_ANSWER_SIZE_IN_BYTES)
                    .orElseThrow(() -> malformed(realm, "its answer is too large"));
            JsonValue json = Json.parse(document, "token of " + Hosts.printable(realm));
            String token = json.string("token")
                    .filter(text -> !text.isEmpty())
                    .or(() -> json.string("access_token").filter(text -> !text.isEmpty()))
                    .orElseThrow(() -> malformed(realm, "its answer has no token"));
            Duration lifetime = json.integer("expires_in").isPresent()
                    ? Duration.ofSeconds(Math.min(json.integer("expires_in").getAsLong(), Integer.MAX_VALUE))
                    : DEFAULT_LIFETIME;
            tokenChallenge = Optional.of(challenge);
            expiry = clock.instant().plus(lifetime).minus(EXPIRY_MARGIN);
            replace(Secret.bearer(new Secret(token)));
        }
    }

    private URI realm(Challenge challenge, URI registry) throws JrunException {
        try {
            URI realm = URI.create(challenge.parameter("realm").orElseThrow());
            boolean http = "http".equals(realm.getScheme());
            boolean https = "https".equals(realm.getScheme());
            // A registry that is asked over TLS must not talk us into sending a password without it.
            boolean safe = https || (http && (registry.getScheme().equals("http") || Hosts.isLoopback(host(realm))));
            if (safe && !host(realm).isEmpty()) {
                return realm;
            }
        } catch (IllegalArgumentException notAUri) {
            // Told below.
        }
        throw new TransferException(Failure.of(
                "log in to " + repository.registry(), "it names a token service that is no https:// address"));
    }

    private static String host(URI uri) {
        return Optional.ofNullable(uri.getHost()).orElse("");
    }

    private HttpAnswer requestToken(URI realm, Challenge challenge) throws IOException {
        String scope = challenge.parameter("scope").orElse("repository:" + repository.path() + ":pull");
        String service = challenge.parameter("service").orElse("");
        if (credentials instanceof Credentials.IdentityToken identity) {
            String form =
                    "grant_type=refresh_token&client_id=jrun&service=" + encoded(service) + "&scope=" + encoded(scope)
                            + "&refresh_token=" + encoded(identity.token().reveal());
            return transport.postForm(
                    realm, Map.of("Accept", "application/json"), form.getBytes(StandardCharsets.US_ASCII));
        }
        String query = (service.isEmpty() ? "" : "service=" + encoded(service) + '&') + "scope=" + encoded(scope);
        URI target = URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + query);
        return transport.get(
                target,
                credentials instanceof Credentials.Password account
                        ? Map.of(
                                "Accept",
                                "application/json",
                                "Authorization",
                                Secret.basic(account.user(), account.password()).reveal())
                        : Map.of("Accept", "application/json"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Transient refusals are passed on as such, for the retries of the request that wanted the token. */
    private IOException refusal(HttpAnswer answer) {
        if (RegistryFailure.isTransient(answer.status())) {
            return new TransientStatusException(failure().ofStatus(answer), answer.retryAfter(clock));
        }
        if (answer.status() == 400 || answer.status() == 401 || answer.status() == 403) {
            return new DeniedException(Failure.of(
                            "log in to " + repository.registry(),
                            credentials instanceof Credentials.Anonymous
                                    ? "its token service " + Hosts.printable(answer.target())
                                            + " gives none without an account (status " + answer.status() + ")"
                                    : "its token service " + Hosts.printable(answer.target())
                                            + " does not accept the stored account (status " + answer.status() + ")")
                    .hint("log in with `skopeo login " + repository.registry() + "` or `docker login "
                            + repository.registry() + "`"));
        }
        return failure().ofStatus(answer);
    }

    private RegistryFailure failure() {
        return new RegistryFailure("log in to " + repository.registry(), repository.registry());
    }

    private TransferException malformed(URI realm, String why) {
        return new TransferException(Failure.of(
                "log in to " + repository.registry(), "the token service " + Hosts.printable(realm) + ": " + why));
    }
}

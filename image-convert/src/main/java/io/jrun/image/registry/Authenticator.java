package io.jrun.image.registry;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.TransferException;
import io.jrun.image.account.Accounts;
import io.jrun.image.account.Credentials;
import io.jrun.image.account.Secret;
import io.jrun.image.site.Endpoint;
import io.jrun.image.site.Hosts;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Answers a registry's challenges for one purpose and remembers the answer until it expires. Safe for use by several
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
    private final Endpoint.Transport security;
    private final String registryName;
    private final Set<String> scopes;
    private final Credentials credentials;
    private final Accounts accounts;
    private final Clock clock;
    private Authorization current = new Authorization(0, Optional.empty());
    private Optional<Challenge> tokenChallenge = Optional.empty();
    private Instant expiry = Instant.MAX;

    /**
     * Authorizes requests to one registry.
     *
     * @param scopes what tokens must be good for, beside what the registry asks for
     * @param accounts for token services with accounts of their own
     */
    Authenticator(
            HttpTransport transport,
            Endpoint.Transport security,
            String registryName,
            List<String> scopes,
            Credentials credentials,
            Accounts accounts,
            Clock clock) {
        this.transport = transport;
        this.security = security;
        this.registryName = registryName;
        this.scopes = new LinkedHashSet<>(scopes);
        this.credentials = credentials;
        this.accounts = accounts;
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
        throw new TransferException(
                Failure.of("log in to " + registryName, "it names a token service that is no https:// address"));
    }

    private static String host(URI uri) {
        return Optional.ofNullable(uri.getHost()).orElse("");
    }

    private HttpAnswer requestToken(URI realm, Challenge challenge) throws IOException {
        challenge.parameter("scope").ifPresent(asked -> scopes.addAll(List.of(asked.split(" +", -1))));
        String service = challenge.parameter("service").orElse("");
        Credentials account = accountAt(realm);
        if (account instanceof Credentials.IdentityToken identity) {
            String form = "grant_type=refresh_token&client_id=jrun&service=" + encoded(service) + "&scope="
                    + encoded(String.join(" ", scopes)) + "&refresh_token="
                    + encoded(identity.token().reveal());
            HttpRequest request = HttpRequest.of(HttpRequest.Method.POST, realm)
                    .with("Accept", "application/json")
                    .with("Content-Type", "application/x-www-form-urlencoded")
                    .sending(HttpRequest.Body.of(form.getBytes(StandardCharsets.US_ASCII)));
            return transport.send(request, security);
        }
        String query = (service.isEmpty() ? "" : "service=" + encoded(service) + '&')
                + scopes.stream().map(scope -> "scope=" + encoded(scope)).collect(Collectors.joining("&"));
        URI target = query.isEmpty() ? realm : URI.create(realm + (realm.getRawQuery() == null ? "?" : "&") + query);
        HttpRequest request = HttpRequest.get(target, Map.of("Accept", "application/json"));
        return transport.send(
                account instanceof Credentials.Password password
                        ? request.with(
                                "Authorization",
                                Secret.basic(password.user(), password.password())
                                        .reveal())
                        : request,
                security);
    }

    private Credentials accountAt(URI realm) throws JrunException {
        return credentials instanceof Credentials.Anonymous
                ? accounts.lookupTokenService(registryName, host(realm)).orElse(credentials)
                : credentials;
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
                            "log in to " + registryName,
                            credentials instanceof Credentials.Anonymous
                                    ? "its token service " + Hosts.printable(answer.target())
                                            + " gives none without an account (status " + answer.status() + ")"
                                    : "its token service " + Hosts.printable(answer.target())
                                            + " does not accept the stored account (status " + answer.status() + ")")
                    .hint("log in with `jrun login " + registryName + "`"));
        }
        return failure().ofStatus(answer);
    }

    private RegistryFailure failure() {
        return new RegistryFailure("log in to " + registryName, registryName);
    }

    private TransferException malformed(URI realm, String why) {
        return new TransferException(
                Failure.of("log in to " + registryName, "the token service " + Hosts.printable(realm) + ": " + why));
    }
}

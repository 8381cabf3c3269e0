package io.jrun.image.registry;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.TransferException;
import io.jrun.image.account.Secret;
import io.jrun.image.reference.Repository;
import io.jrun.image.registry.HttpRequest.Method;
import io.jrun.image.registry.RegistryOptions.PlainHttp;
import io.jrun.image.site.Endpoint.Transport;
import io.jrun.image.site.Hosts;
import io.jrun.image.source.TransferListener;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One registry as asked for one purpose: authorizes and follows redirects. Credentials go to this origin and nowhere else.
 * Safe for use by several threads.
 */
final class Origin {

    /** Registries redirect blobs once or twice, to object stores. */
    private static final int MAX_REDIRECTS = 5;

    /** The first 401 asks for a token, the second may mean that it expired while we waited. */
    private static final int MAX_AUTHENTICATIONS = 2;

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final HttpTransport transport;
    private final String registry;
    private final Transport security;
    private final Authenticator authenticator;
    private final Clock clock;
    private final TransferListener listener;
    private final boolean mayTurnOutToBeTls;
    private final AtomicBoolean limitTold = new AtomicBoolean();
    private volatile String scheme;

    /** @param registry under its canonical name */
    Origin(
            HttpTransport transport,
            String registry,
            Transport security,
            PlainHttp plainHttp,
            Authenticator authenticator,
            Clock clock,
            TransferListener listener) {
        this.transport = transport;
        this.registry = registry;
        this.security = security;
        this.authenticator = authenticator;
        this.clock = clock;
        this.listener = listener;
        String host = URI.create("https://" + Repository.apiHost(registry)).getHost();
        boolean plain = plainHttp == PlainHttp.ALLOWED || Hosts.isLoopback(host);
        this.scheme = plain ? "http" : "https";
        this.mayTurnOutToBeTls = plain;
    }

    String registry() {
        return registry;
    }

    URI uri(String path) {
        return URI.create(scheme + "://" + Repository.apiHost(registry) + path);
    }

    /**
     * One successful answer, to be closed by the caller.
     *
     * @throws TransientStatusException for a status that may be better the next time
     */
    HttpAnswer exchange(HttpRequest first, RegistryFailure failure) throws IOException {
        HttpRequest request = first;
        int authentications = 0;
        int redirects = 0;
        while (true) {
            URI origin = uri("");
            Authenticator.Authorization authorization = authenticator.authorization(origin);
            boolean atRegistry = Hosts.sameOrigin(request.target(), origin);
            HttpAnswer answer;
            try {
                answer = transport.send(atRegistry ? authorized(request, authorization) : request, security);
            } catch (NetworkException e) {
                request = request.at(withoutTls(request.target(), e));
                continue;
            }
            tellLimit(answer);
            if (answer.isSuccess()) {
                return answer;
            }
            try (answer) {
                if (REDIRECTS.contains(answer.status())) {
                    if (++redirects > MAX_REDIRECTS) {
                        throw new TransferException(Failure.of(failure.what(), "redirects do not end"));
                    }
                    URI target = redirectTarget(answer, failure);
                    boolean asGet = answer.status() == 303 && request.method() != Method.HEAD;
                    request = asGet ? request.seeOther(target) : request.at(target);
                } else if (atRegistry && speaksTls(answer)) {
                    scheme = "https";
                    request = request.at(withScheme("https", request.target()));
                } else {
                    JrunException refusal = failure.ofStatus(answer);
                    boolean tryAgain = atRegistry
                            && answer.status() == 401
                            && ++authentications <= MAX_AUTHENTICATIONS
                            && authenticator.answer(
                                    Challenge.parse(answer.headers("WWW-Authenticate")), authorization, origin);
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

    private static HttpRequest authorized(HttpRequest request, Authenticator.Authorization authorization) {
        Optional<Secret> header = authorization.header();
        return header.isPresent() ? request.with("Authorization", header.get().reveal()) : request;
    }

    private void tellLimit(HttpAnswer answer) {
        RateLimit.of(answer).filter(RateLimit::isLow).ifPresent(limit -> {
            if (limitTold.compareAndSet(false, true)) {
                listener.noticed(registry + " tells: " + limit);
            }
        });
    }

    /** The same address with plain HTTP, where the site says that this registry may be asked so. */
    private URI withoutTls(URI target, NetworkException e) throws NetworkException {
        boolean noTls = RegistryFailure.speaksNoTls(e.reason()) || e.reason() instanceof ConnectException;
        boolean ours = uri("").getRawAuthority().equals(target.getRawAuthority());
        if (security != Transport.INSECURE
                || !noTls
                || !ours
                || target.getScheme().equals("http")) {
            throw e;
        }
        scheme = "http";
        return withScheme("http", target);
    }

    private static URI withScheme(String scheme, URI target) {
        return URI.create(
                scheme + target.toString().substring(target.getScheme().length()));
    }

    private static URI redirectTarget(HttpAnswer answer, RegistryFailure failure) throws TransferException {
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
        throw new TransferException(Failure.of(
                failure.what(), answer.request().method() + " " + from + " redirects to no address that can be used"));
    }

    /** Go's servers say so in words when they are asked without TLS; a forwarded port looks like a loopback host. */
    private boolean speaksTls(HttpAnswer answer) throws IOException {
        if (!mayTurnOutToBeTls
                || answer.status() != 400
                || !answer.target().getScheme().equals("http")) {
            return false;
        }
        List<String> types = answer.headers("Content-Type");
        if (answer.request().method() == Method.HEAD) {
            // No words come then: what names neither itself nor its answer's kind is no registry that speaks HTTP.
            return types.isEmpty()
                    && answer.header("Docker-Distribution-Api-Version").isEmpty();
        }
        boolean isText = types.isEmpty() || types.get(0).startsWith("text/plain");
        return isText
                && answer.document(1 << 12)
                        .map(body -> new String(body, StandardCharsets.UTF_8).contains("HTTPS server"))
                        .orElse(false);
    }
}

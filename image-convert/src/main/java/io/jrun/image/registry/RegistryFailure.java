package io.jrun.image.registry;

import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.image.site.Hosts;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathBuilderException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Turns what a registry or the network does into failures of ours.
 *
 * @param what the action, as a verb phrase ("fetch manifest of docker.io/lab/solver:2.1")
 * @param registry as the user wrote it, for hints
 */
public record RegistryFailure(String what, String registry) {

    private static final int MAX_ERROR_BODY_SIZE_IN_BYTES = 1 << 16;

    /** A registry's own words are quoted, but not without bound. */
    private static final int MAX_QUOTED_LENGTH = 200;

    /** Whether the same request may succeed a little later. Source: RFC 9110, section 15.5.9; RFC 6585, section 4. */
    static boolean isTransient(int status) {
        return status == 408 || status == 429 || status >= 500;
    }

    /** Whether trying again may help: not when names, certificates or protocols are wrong. */
    static boolean isTransient(IOException e) {
        boolean untrusted = e instanceof SSLHandshakeException || e instanceof SSLPeerUnverifiedException;
        return !speaksNoTls(e) && !untrusted && !(e instanceof JrunException);
    }

    /** Reads the answer's body; the caller closes it. */
    JrunException ofStatus(HttpAnswer answer) {
        Optional<SpecError> error = specError(answer);
        String code = error.map(e -> " (" + e.code + ")").orElse("");
        String words = error.flatMap(SpecError::message)
                .map(message -> ", \"" + message + '"')
                .orElse("");
        String why = "the registry answers " + answer.request().method() + " " + Hosts.printable(answer.target())
                + " with status " + answer.status()
                + words
                + answer.retryAfter(Clock.systemUTC())
                        .map(pause -> ", and asks to wait " + RateLimit.inWords(pause))
                        .orElse("")
                + RateLimit.of(answer).map(limit -> ", with " + limit).orElse("")
                + code;
        Failure failure = Failure.of(what, why);
        return switch (answer.status()) {
            case 401 ->
                new DeniedException(
                        failure.hint("it may be private or not exist; log in with `jrun login " + registry + "`"));
            case 403 ->
                new DeniedException(
                        failure.hint("your account may not do that; log in to " + registry + " with another one"));
            case 404 -> new NotFoundException(failure.hint("check the spelling of name and tag"));
            case 407 -> new DeniedException(failure.hint("set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT"));
            case 429 ->
                new TransferException(failure.hint(
                        "too many requests come from your network; log in to " + registry + ", or try again later"));
            default ->
                new TransferException(
                        answer.status() >= 500
                                ? failure.hint("try again later, or ask the operators of " + registry)
                                : failure.hint("is " + registry + " a container registry?"));
        };
    }

    /**
     * Its type tells nothing: there are registries that call everything text/html.
     *
     * @throws TransferException when the answer is a page for people, as of portals of networks
     */
    void refuseWebPage(HttpAnswer answer, byte[] body) throws TransferException {
        if (new String(body, 0, Math.min(body.length, 100), StandardCharsets.ISO_8859_1)
                .stripLeading()
                .startsWith("<")) {
            throw new TransferException(
                    Failure.of(what, Hosts.printable(answer.target()) + " is a web page, and no answer of a registry")
                            .hint("is " + registry + " a container registry? a portal or proxy of the network may have"
                                    + " answered in its place"));
        }
    }

    private record SpecError(String code, Optional<String> message) {}

    /** The first of the errors in the body, if it is as the distribution-spec has it ("Error Codes"). */
    private static Optional<SpecError> specError(HttpAnswer answer) {
        try {
            Optional<byte[]> body = answer.document(MAX_ERROR_BODY_SIZE_IN_BYTES);
            if (body.isEmpty() || body.get().length == 0) {
                return Optional.empty();
            }
            List<JsonValue> errors = Json.parse(body.get(), "error").array("errors");
            return errors.isEmpty()
                    ? Optional.empty()
                    : errors.get(0)
                            .string("code")
                            .map(code -> new SpecError(
                                    quotable(code),
                                    errors.get(0).string("message").map(RegistryFailure::quotable)));
        } catch (IOException noSpecError) {
            // A page for people, or a body cut short: the status says enough.
            return Optional.empty();
        }
    }

    private static String quotable(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
        return line.length() > MAX_QUOTED_LENGTH ? line.substring(0, MAX_QUOTED_LENGTH) + "..." : line;
    }

    JrunException ofNetwork(URI target, IOException e) {
        if (e instanceof JrunException ours) {
            return ours;
        }
        String url = Hosts.printable(target);
        if (e instanceof UnknownHostException) {
            return transfer("host " + target.getHost() + " is not known (GET " + url + ")", e)
                    .apply("check the spelling, and whether this machine has a network; compute nodes often have none");
        }
        if (e instanceof ConnectException || e instanceof NoRouteToHostException) {
            return transfer(
                            "no connection to " + target.getHost() + ':' + Hosts.portOf(target) + " (GET " + url + ")",
                            e)
                    .apply("is it running, and reachable from this machine? HTTPS_PROXY names a proxy");
        }
        if (e instanceof SSLException) {
            return ofTls(target, e);
        }
        String why = e instanceof SocketTimeoutException ? "nothing came for too long" : text(e);
        return transfer("GET " + url + " fails: " + why, e).apply("try again later");
    }

    private JrunException ofTls(URI target, IOException e) {
        if (speaksNoTls(e)) {
            return transfer(Hosts.printable(target) + " does not speak TLS", e)
                    .apply("allow plain HTTP with --plain-http");
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException) {
                return transfer("nobody whom this machine trusts vouches for the certificate of " + target.getHost(), e)
                        .apply("if the site has its own authority, put its certificate into"
                                + " ~/.config/containers/certs.d/" + target.getRawAuthority()
                                + "/ca.crt, or export SSL_CERT_FILE=/path/to/ca.pem");
            }
        }
        return transfer("TLS with " + target.getHost() + " fails: " + text(e), e)
                .apply("ask the operators of " + target.getHost() + " about its certificate");
    }

    static boolean speaksNoTls(IOException e) {
        return e instanceof SSLException && text(e).startsWith("Unsupported or unrecognized");
    }

    private java.util.function.Function<String, JrunException> transfer(String why, IOException e) {
        return hint -> new TransferException(Failure.of(what, why).hint(hint), e);
    }

    private static String text(IOException e) {
        return quotable(Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName()));
    }
}

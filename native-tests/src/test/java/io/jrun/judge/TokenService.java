package io.jrun.judge;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * Gives tokens that docker-registry verifies: to everybody for pulling, to {@code ann} with the password {@code secret} for
 * what she asks. Source: distribution-spec's token documentation, "Token Authentication Specification"; RFC 7515.
 */
record TokenService(HttpServer server, Path folder, List<String> asked, AtomicReference<Duration> nextLives)
        implements AutoCloseable {

    private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

    /** docker-registry takes a token so much longer, since clocks differ. */
    private static final Duration LEEWAY = Duration.ofMinutes(1);

    private static final Duration USUAL_LIFE = Duration.ofMinutes(5);

    /** @param folder with {@code token.key} and {@code token.crt} */
    static TokenService start(Path folder) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        TokenService service = new TokenService(
                server, folder, Collections.synchronizedList(new ArrayList<>()), new AtomicReference<>(USUAL_LIFE));
        server.createContext("/token", service::answer);
        server.start();
        return service;
    }

    String realm() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    /** For how long the registry will take the next token; negative for one that it refuses. Clients are told more. */
    void nextIsTakenFor(Duration life) {
        nextLives.set(life.minus(LEEWAY));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try {
            List<String> scopes =
                    List.of(String.valueOf(exchange.getRequestURI().getRawQuery())
                                    .split("&", -1))
                            .stream()
                            .filter(part -> part.startsWith("scope="))
                            .map(part -> URLDecoder.decode(part.substring("scope=".length()), StandardCharsets.UTF_8))
                            .toList();
            asked.addAll(scopes);
            boolean member = ("Basic "
                            + Base64.getEncoder().encodeToString("ann:secret".getBytes(StandardCharsets.UTF_8)))
                    .equals(exchange.getRequestHeaders().getFirst("Authorization"));
            String token = sign(scopes, member, nextLives.getAndSet(USUAL_LIFE));
            byte[] body = ("{\"token\": \"" + token + "\", \"expires_in\": 300}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        } finally {
            exchange.close();
        }
    }

    private String sign(List<String> scopes, boolean member, Duration life)
            throws IOException, GeneralSecurityException {
        byte[] certificate = Files.readAllBytes(folder.resolve("token.crt"));
        String der = Base64.getEncoder()
                .encodeToString(CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(certificate))
                        .getEncoded());
        long end = Instant.now().plus(life).getEpochSecond();
        String header = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"x5c\":[\"" + der + "\"]}";
        String access = scopes.stream().map(scope -> access(scope, member)).collect(Collectors.joining(","));
        String claims =
                "{\"iss\":\"judge\",\"sub\":\"\",\"aud\":\"lab\",\"exp\":%d,\"nbf\":%d,\"iat\":%d,\"jti\":\"%d\",\"access\":[%s]}"
                        .formatted(end, end - 3600, end - 3600, System.nanoTime(), access);
        String signed = encode(header) + "." + encode(claims);
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + URL.encodeToString(signature.sign());
    }

    private static String access(String scope, boolean member) {
        String[] parts = scope.split(":", 3);
        List<String> actions = new ArrayList<>(List.of(parts[2].split(",", -1)));
        actions.removeIf(action -> !member && !action.equals("pull"));
        return "{\"type\":\"%s\",\"name\":\"%s\",\"actions\":[%s]}"
                .formatted(
                        parts[0],
                        parts[1],
                        actions.stream().map(each -> '"' + each + '"').collect(Collectors.joining(",")));
    }

    private PrivateKey key() throws IOException, GeneralSecurityException {
        String pem = Files.readString(folder.resolve("token.key"))
                .replaceAll("-----[A-Z ]+-----", "")
                .replaceAll("\\s", "");
        return KeyFactory.getInstance("RSA")
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    private static String encode(String json) {
        return URL.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

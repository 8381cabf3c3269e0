package io.jrun.image.source.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRulesTest {

    @Nested
    class Challenges {

        @Test
        void parametersComeInAnyOrderAndQuoting() {
            assertEquals(
                    List.of(new Challenge("bearer", Map.of("scope", "a,b", "realm", "https://x/t", "service", "s"))),
                    Challenge.parse(List.of("BEARER scope=\"a,b\",Realm = \"https://x/t\" , service=s")));
        }

        @Test
        void severalChallengesInOneHeaderAndInSeveral() {
            assertEquals(
                    List.of("negotiate", "basic", "bearer"),
                    Challenge.parse(List.of("Negotiate, Basic realm=\"x, y\", charset=UTF-8", "Bearer realm=z"))
                            .stream()
                            .map(Challenge::scheme)
                            .toList());
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " , ,", "=", "Bearer realm=", "Bearer realm=\"x", "Bearer \"\\", "Basic abc=="})
        void malformedHeadersEndQuietly(String header) {
            assertTrue(Challenge.parse(List.of(header)).size() <= 2);
        }
    }

    @Nested
    class Proxies {

        private Proxy route(String url, String... variables) throws UsageException {
            Map<String, String> environment = new java.util.HashMap<>();
            for (int i = 0; i < variables.length; i += 2) {
                environment.put(variables[i], variables[i + 1]);
            }
            return new ProxyRules(environment).routeTo(URI.create(url)).proxy();
        }

        private Proxy at(String host, int port) {
            return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(host, port));
        }

        @Test
        void schemeDecidesAndLowerCaseWins() throws Exception {
            assertEquals(
                    at("p", 3128), route("https://x/", "HTTPS_PROXY", "http://p:3128", "HTTP_PROXY", "http://q:1"));
            assertEquals(at("q", 1), route("http://x/", "HTTPS_PROXY", "http://p:3128", "HTTP_PROXY", "q:1"));
            assertEquals(
                    at("low", 80), route("https://x/", "HTTPS_PROXY", "http://p:3128", "https_proxy", "http://low"));
            assertEquals(at("all", 80), route("https://x/", "ALL_PROXY", "http://all"));
            assertEquals(Proxy.NO_PROXY, route("https://x/"));
        }

        @Test
        void loopbackHostsAreNeverProxied() throws Exception {
            for (String host : List.of("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "a.localhost")) {
                assertEquals(Proxy.NO_PROXY, route("http://" + host + ":5000/", "HTTP_PROXY", "http://p"), host);
            }
        }

        @Test
        void exceptionsAreObeyed() throws Exception {
            String list = "site.org, .lab.de,*.cloud ,host:5000";
            for (String url : List.of(
                    "https://site.org/",
                    "https://a.site.org/",
                    "https://x.lab.de/",
                    "https://b.cloud/",
                    "https://host:5000/")) {
                assertEquals(Proxy.NO_PROXY, route(url, "HTTPS_PROXY", "http://p", "NO_PROXY", list), url);
            }
            for (String url : List.of("https://mysite.org/", "https://host/", "https://site.org.evil/")) {
                assertEquals(at("p", 80), route(url, "HTTPS_PROXY", "http://p", "NO_PROXY", list), url);
            }
            assertEquals(Proxy.NO_PROXY, route("https://x/", "HTTPS_PROXY", "http://p", "NO_PROXY", "*"));
        }

        @Test
        void accountIsDecodedAndNotPrinted() throws Exception {
            ProxyRules.Route route =
                    new ProxyRules(Map.of("https_proxy", "http://ann:p%40ss+@p:1")).routeTo(URI.create("https://x/"));

            assertEquals(Optional.of(Secret.basic("ann", new Secret("p@ss+"))), route.authorization());
            assertFalse(route.toString().contains("ss"), route.toString());
        }

        @Test
        void otherProxiesAreRefusedWithoutTheirPassword() {
            UsageException e = assertThrows(
                    UsageException.class, () -> route("https://x/", "HTTPS_PROXY", "socks5://a:hunter2@p"));

            assertTrue(e.getMessage().contains("HTTPS_PROXY"), e.getMessage());
            assertFalse(e.getMessage().contains("hunter2"), e.getMessage());
        }
    }

    @Test
    void retryAfterIsSecondsOrADate() {
        Clock clock = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

        assertEquals(Optional.of(Duration.ofSeconds(7)), TransientStatusException.parseRetryAfter("7", clock));
        assertEquals(
                Optional.of(Duration.ofSeconds(90)),
                TransientStatusException.parseRetryAfter("Thu, 1 Jan 2026 00:01:30 GMT", clock));
        assertEquals(
                Optional.of(Duration.ZERO),
                TransientStatusException.parseRetryAfter("Thu, 1 Jan 2015 00:01:30 GMT", clock));
        assertEquals(Optional.empty(), TransientStatusException.parseRetryAfter("soon", clock));
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        RetryPolicy policy = new RetryPolicy(9, Duration.ofMillis(100), Duration.ofSeconds(1));
        for (int failures = 1; failures < 40; failures++) {
            long bound = Math.min(1000, 100L << Math.min(failures - 1, 10));
            long pause = policy.pauseAfter(failures).toMillis();
            assertTrue(pause >= bound / 2 && pause <= bound, failures + " failures: " + pause);
        }
        assertEquals(Duration.ofSeconds(1), policy.capped(Duration.ofDays(1)));
    }
}

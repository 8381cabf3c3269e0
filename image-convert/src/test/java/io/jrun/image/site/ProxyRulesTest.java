package io.jrun.image.site;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.image.account.Credentials;
import io.jrun.image.account.Secret;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProxyRulesTest {

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
        assertEquals(at("p", 3128), route("https://x/", "HTTPS_PROXY", "http://p:3128", "HTTP_PROXY", "http://q:1"));
        assertEquals(at("q", 1), route("http://x/", "HTTPS_PROXY", "http://p:3128", "HTTP_PROXY", "q:1"));
        assertEquals(at("low", 80), route("https://x/", "HTTPS_PROXY", "http://p:3128", "https_proxy", "http://low"));
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

        assertEquals(Optional.of(new Credentials.Password("ann", new Secret("p@ss+"))), route.account());
        assertFalse(route.toString().contains("p@"), route.toString());
    }

    @Test
    void otherProxiesAreRefusedWithoutTheirPassword() {
        UsageException e =
                assertThrows(UsageException.class, () -> route("https://x/", "HTTPS_PROXY", "socks5://a:hunter2@p"));

        assertTrue(e.getMessage().contains("HTTPS_PROXY"), e.getMessage());
        assertFalse(e.getMessage().contains("hunter2"), e.getMessage());
    }

    @Test
    void blocksOfAddressesAndPortsAreExceptions() throws Exception {
        String list = "10.0.0.0/8 192.168.7.0/25,[2001:db8::]/32,fd00::1,.site:5000";
        for (String url : List.of(
                "https://10.255.1.2/",
                "https://192.168.7.127:5000/",
                "https://[2001:db8::5]/",
                "https://[fd00::1]/",
                "https://a.site:5000/")) {
            assertEquals(Proxy.NO_PROXY, route(url, "HTTPS_PROXY", "http://p", "NO_PROXY", list), url);
        }
        for (String url : List.of(
                "https://11.0.0.1/",
                "https://192.168.7.128/",
                "https://[2001:db9::5]/",
                "https://a.site/",
                "https://10.evil/")) {
            assertEquals(at("p", 80), route(url, "HTTPS_PROXY", "http://p", "NO_PROXY", list), url);
        }
    }

    @Test
    void allProxyMayBeSocks() throws Exception {
        assertEquals(
                new Proxy(Proxy.Type.SOCKS, InetSocketAddress.createUnresolved("s", 1080)),
                route("https://x/", "ALL_PROXY", "socks5h://s"));
    }
}

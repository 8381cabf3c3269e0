package io.jrun.image.site;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.account.Credentials;
import io.jrun.image.account.Secret;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which proxy, if any, leads to a host, by the variables that curl and Go programs obey: {@code HTTPS_PROXY}, {@code
 * HTTP_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}, each also in lower case, which wins. Loopback hosts are never
 * proxied. Source: curl(1), "ENVIRONMENT".
 */
public final class ProxyRules {

    /** A proxy and who we are to it. */
    public record Route(Proxy proxy, Optional<Credentials.Password> account) {}

    private static final Route DIRECT = new Route(Proxy.NO_PROXY, Optional.empty());

    private static final int DEFAULT_SOCKS_PORT = 1080;

    private final Map<String, String> environment;
    private final NoProxy exceptions;

    public ProxyRules(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
        this.exceptions = new NoProxy(variable("NO_PROXY").orElse(""));
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name.toLowerCase(Locale.ROOT)))
                .or(() -> Optional.ofNullable(environment.get(name)))
                .filter(value -> !value.isBlank());
    }

    public Route routeTo(URI target) throws UsageException {
        if (Hosts.isLoopback(target.getHost()) || exceptions.includes(target)) {
            return DIRECT;
        }
        String name = target.getScheme().equals("https") ? "HTTPS_PROXY" : "HTTP_PROXY";
        Optional<String> value = variable(name);
        if (value.isPresent()) {
            return parse(name, value.get().strip());
        }
        Optional<String> all = variable("ALL_PROXY");
        return all.isPresent() ? parse("ALL_PROXY", all.get().strip()) : DIRECT;
    }

    private static Route parse(String name, String value) throws UsageException {
        try {
            URI uri = URI.create(value.contains("://") ? value : "http://" + value);
            String scheme = Optional.ofNullable(uri.getScheme()).orElse("").toLowerCase(Locale.ROOT);
            if (uri.getHost() != null && scheme.equals("http")) {
                Optional<Credentials.Password> account =
                        Optional.ofNullable(uri.getRawUserInfo()).map(ProxyRules::account);
                return new Route(at(Proxy.Type.HTTP, uri, 80), account);
            }
            boolean socks = scheme.equals("socks5") || scheme.equals("socks5h");
            if (uri.getHost() != null && socks && uri.getRawUserInfo() == null) {
                return new Route(at(Proxy.Type.SOCKS, uri, DEFAULT_SOCKS_PORT), Optional.empty());
            }
        } catch (IllegalArgumentException notAUri) {
            // Told below, without the value: it may hold a password.
        }
        throw new UsageException(Failure.of(
                        "use the proxy in " + name,
                        "its value is neither of the form http://[USER:PASSWORD@]HOST:PORT nor socks5://HOST:PORT")
                .hint("set " + name + " to such a proxy, or unset it"));
    }

    private static Proxy at(Proxy.Type type, URI uri, int usualPort) {
        int port = uri.getPort() < 0 ? usualPort : uri.getPort();
        return new Proxy(type, InetSocketAddress.createUnresolved(uri.getHost(), port));
    }

    private static Credentials.Password account(String userInfo) {
        int colon = userInfo.indexOf(':');
        String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
        String password = colon < 0 ? "" : userInfo.substring(colon + 1);
        return new Credentials.Password(decode(user), new Secret(decode(password)));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}

package io.jrun.image.source.registry;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Which proxy, if any, leads to a host, by the variables that curl and Go programs obey: {@code HTTPS_PROXY}, {@code
 * HTTP_PROXY}, {@code ALL_PROXY}, {@code NO_PROXY}, each also in lower case, which wins. Loopback hosts are never
 * proxied. Source: curl(1), "ENVIRONMENT".
 */
final class ProxyRules {

    /** A proxy and what it wants to see from us. */
    record Route(Proxy proxy, Optional<Secret> authorization) {}

    private static final Route DIRECT = new Route(Proxy.NO_PROXY, Optional.empty());

    private final Map<String, String> environment;
    private final List<String> exceptions;

    ProxyRules(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
        this.exceptions = Arrays.stream(variable("NO_PROXY").orElse("").split(",", -1))
                .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name.toLowerCase(Locale.ROOT)))
                .or(() -> Optional.ofNullable(environment.get(name)))
                .filter(value -> !value.isBlank());
    }

    Route routeTo(URI target) throws UsageException {
        if (Hosts.isLoopback(target.getHost()) || isException(target)) {
            return DIRECT;
        }
        String name = target.getScheme().equals("https") ? "HTTPS_PROXY" : "HTTP_PROXY";
        Optional<String> value = variable(name).or(() -> variable("ALL_PROXY"));
        return value.isPresent() ? parse(name, value.get().strip()) : DIRECT;
    }

    private boolean isException(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        String hostAndPort = host + ':' + Hosts.portOf(target);
        return exceptions.stream().anyMatch(entry -> {
            String name = entry.startsWith("*.") ? entry.substring(1) : entry;
            String suffix = name.startsWith(".") ? name : '.' + name;
            return entry.equals("*")
                    || host.equals(name)
                    || hostAndPort.equals(name)
                    || host.endsWith(suffix)
                    || host.equals(suffix.substring(1));
        });
    }

    private static Route parse(String name, String value) throws UsageException {
        try {
            URI uri = URI.create(value.contains("://") ? value : "http://" + value);
            if ("http".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null) {
                int port = uri.getPort() < 0 ? 80 : uri.getPort();
                Proxy proxy = new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
                return new Route(
                        proxy, Optional.ofNullable(uri.getRawUserInfo()).map(ProxyRules::basic));
            }
        } catch (IllegalArgumentException notAUri) {
            // Told below, without the value: it may hold a password.
        }
        throw new UsageException(
                Failure.of("use the proxy in " + name, "its value is not of the form http://[USER:PASSWORD@]HOST:PORT")
                        .hint("set " + name + " to an HTTP proxy, or unset it"));
    }

    private static Secret basic(String userInfo) {
        int colon = userInfo.indexOf(':');
        String user = colon < 0 ? userInfo : userInfo.substring(0, colon);
        String password = colon < 0 ? "" : userInfo.substring(colon + 1);
        return Secret.basic(decode(user), new Secret(decode(password)));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}

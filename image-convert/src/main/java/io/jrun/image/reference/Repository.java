package io.jrun.image.reference;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A named set of manifests and blobs in one registry.
 *
 * @param registry host, or {@code host:port}, as users write it; Docker Hub is always {@code docker.io}
 * @param path one or more components separated by slashes
 */
public record Repository(String registry, String path) {

    /** The registry of references that name none. */
    public static final String DOCKER_HUB = "docker.io";

    /** Where Docker Hub's API answers; the host that people write serves web pages only. */
    private static final String DOCKER_HUB_API = "registry-1.docker.io";

    private static final Set<String> DOCKER_HUB_ALIASES = Set.of(DOCKER_HUB, "index.docker.io", DOCKER_HUB_API);

    /** Docker Hub keeps images without an owner under this one. */
    private static final String OFFICIAL_PREFIX = "library/";

    /** The distribution-spec asks clients to stay within what fits into one host name label sequence. */
    private static final int MAX_PATH_LENGTH = 255;

    private static final Pattern HOST = Pattern.compile(
            "(?:\\[[0-9a-fA-F:.]+]|[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?)(?::(?<port>[0-9]{1,5}))?");

    private static final int MAX_PORT = 65_535;

    private static final Pattern PATH =
            Pattern.compile("[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*");

    public Repository {
        if (!isValidRegistry(registry)) {
            throw new IllegalArgumentException("not a registry: \"" + registry + '"');
        }
        if (!isValidPath(path)) {
            throw new IllegalArgumentException("not a repository path: \"" + path + '"');
        }
        registry = canonicalRegistry(registry);
        path = registry.equals(DOCKER_HUB) && path.indexOf('/') < 0 ? OFFICIAL_PREFIX + path : path;
    }

    /** One name for each registry: Docker Hub is written in several ways. */
    public static String canonicalRegistry(String registry) {
        return DOCKER_HUB_ALIASES.contains(registry) ? DOCKER_HUB : registry;
    }

    public static boolean isValidRegistry(String text) {
        Matcher host = HOST.matcher(text);
        if (!host.matches()) {
            return false;
        }
        int port = host.group("port") == null ? MAX_PORT : Integer.parseInt(host.group("port"));
        return port >= 1 && port <= MAX_PORT;
    }

    static boolean isValidPath(String text) {
        return text.length() <= MAX_PATH_LENGTH && PATH.matcher(text).matches();
    }

    /** The host, with port where one is given, that answers API requests for this registry. */
    public String apiHost() {
        return apiHost(registry);
    }

    /** The same for a registry under its canonical name. */
    public static String apiHost(String registry) {
        return registry.equals(DOCKER_HUB) ? DOCKER_HUB_API : registry;
    }

    /** The path as people write it: official images of Docker Hub without their owner. */
    public String familiarPath() {
        return registry.equals(DOCKER_HUB) && path.startsWith(OFFICIAL_PREFIX)
                ? path.substring(OFFICIAL_PREFIX.length())
                : path;
    }

    /** {@code REGISTRY/PATH}. */
    @Override
    public String toString() {
        return registry + '/' + path;
    }
}

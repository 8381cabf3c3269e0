package io.jrun.image.site;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The hosts that are reached without a proxy: names with all that ends in them, addresses, CIDR blocks, each perhaps with
 * a port, or {@code *}. Blocks are compared with addresses as they are written in the URL; names are not looked up.
 * Source: the description of NO_PROXY in Go's httpproxy, which the containers tools obey.
 */
final class NoProxy {

    private static final Pattern ADDRESS = Pattern.compile("[0-9]+(\\.[0-9]+){3}|\\[?[0-9a-fA-F.]*:[0-9a-fA-F:.]*]?");

    private final List<String> entries;

    NoProxy(String list) {
        this.entries = Arrays.stream(list.split("[,\\s]+", -1))
                .map(entry -> entry.strip().toLowerCase(Locale.ROOT))
                .filter(entry -> !entry.isEmpty())
                .toList();
    }

    boolean includes(URI target) {
        String host = target.getHost().toLowerCase(Locale.ROOT);
        String hostAndPort = host + ':' + Hosts.portOf(target);
        return entries.stream()
                .anyMatch(entry -> isBlock(entry) ? inBlock(host, entry) : named(host, hostAndPort, entry));
    }

    private static boolean isBlock(String entry) {
        return entry.matches("[^/]+/[0-9]{1,3}");
    }

    private static boolean named(String host, String hostAndPort, String entry) {
        String name = entry.startsWith("*.") ? entry.substring(1) : entry;
        String suffix = name.startsWith(".") ? name : '.' + name;
        return entry.equals("*")
                || host.equals(name)
                || host.equals('[' + name + ']')
                || hostAndPort.equals(name)
                || host.endsWith(suffix)
                || hostAndPort.endsWith(suffix)
                || host.equals(suffix.substring(1));
    }

    private static boolean inBlock(String host, String block) {
        int slash = block.indexOf('/');
        Optional<byte[]> address = address(host);
        Optional<byte[]> network = address(block.substring(0, slash));
        int bits = Integer.parseInt(block.substring(slash + 1));
        if (address.isEmpty() || network.isEmpty() || address.get().length != network.get().length) {
            return false;
        }
        int ignored = address.get().length * 8 - bits;
        return ignored >= 0
                && new BigInteger(1, address.get())
                        .shiftRight(ignored)
                        .equals(new BigInteger(1, network.get()).shiftRight(ignored));
    }

    /** Only what is spelled as an address, so that nothing is looked up. */
    private static Optional<byte[]> address(String text) {
        if (!ADDRESS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text).getAddress());
        } catch (UnknownHostException malformed) {
            return Optional.empty();
        }
    }
}

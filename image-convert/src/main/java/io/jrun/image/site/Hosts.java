package io.jrun.image.site;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/** What a URL's authority tells without asking the network. */
public final class Hosts {

    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(?:\\.[0-9]{1,3}){3}");

    private Hosts() {}

    /** By name only: a name that resolves to a loopback address is somebody else's claim. */
    public static boolean isLoopback(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("[::1]")
                || name.equals("::1")
                || LOOPBACK_V4.matcher(name).matches();
    }

    public static int portOf(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    /** Same scheme, host and port: the border that credentials never cross. Source: RFC 6454, section 5. */
    public static boolean sameOrigin(URI one, URI other) {
        return one.getScheme().equals(other.getScheme())
                && one.getHost().equalsIgnoreCase(other.getHost())
                && portOf(one) == portOf(other);
    }

    /** Without account, query and fragment, which may hold secrets. */
    public static String printable(URI uri) {
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        return uri.getScheme() + "://" + uri.getHost() + port + uri.getRawPath();
    }
}

package io.jrun.image.browse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The bytes of names that the JDK holds. A {@link Path} of Linux keeps the bytes it got from the kernel, but its text
 * loses what is no UTF-8; its URI does not.
 */
final class HostNames {

    private static final char REPLACEMENT = '\ufffd';

    private HostNames() {}

    static byte[] lastName(Path path) {
        String text = path.getName(path.getNameCount() - 1).toString();
        if (text.indexOf(REPLACEMENT) < 0) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        byte[] whole = bytes(path);
        int from = whole.length;
        while (from > 0 && whole[from - 1] != '/') {
            from--;
        }
        return java.util.Arrays.copyOfRange(whole, from, whole.length);
    }

    static byte[] linkTarget(Path link) throws IOException {
        Path target = Files.readSymbolicLink(link);
        if (target.toString().indexOf(REPLACEMENT) < 0) {
            return target.toString().getBytes(StandardCharsets.UTF_8);
        }
        if (target.isAbsolute()) {
            return bytes(target);
        }
        byte[] absolute = bytes(link.resolveSibling(target));
        int prefix = bytes(link.resolveSibling("x")).length - 1;
        return java.util.Arrays.copyOfRange(absolute, prefix, absolute.length);
    }

    /** Of an absolute path. The URI of a directory ends in a slash that the path has not. */
    static byte[] bytes(Path path) {
        String raw = path.toUri().getRawPath();
        if (raw.length() > 1 && raw.endsWith("/")) {
            raw = raw.substring(0, raw.length() - 1);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            if (raw.charAt(i) == '%') {
                bytes.write(Integer.parseInt(raw, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(raw.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    /** The path of these bytes, which begin with a slash. */
    static Path path(byte[] absolute) {
        StringBuilder uri = new StringBuilder("file://");
        for (byte b : absolute) {
            boolean plain = b == '/' || (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
            if (plain) {
                uri.append((char) b);
            } else {
                uri.append('%').append(String.format(Locale.ROOT, "%02X", b & 0xff));
            }
        }
        return Path.of(URI.create(uri.toString()));
    }
}

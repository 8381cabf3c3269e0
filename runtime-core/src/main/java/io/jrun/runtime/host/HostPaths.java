package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Between byte paths and those the JDK can name. */
public final class HostPaths {

    private HostPaths() {}

    /** Empty for bytes that are no UTF-8, and for names that the JVM's locale cannot encode. */
    public static Optional<Path> toPath(ByteString path) {
        String text = path.toString();
        if (!ByteString.of(text).equals(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException beyondThisLocale) {
            return Optional.empty();
        }
    }

    public static ByteString fromPath(Path path) {
        return ByteString.of(path.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** {@code directory/name}, without a doubled slash. */
    public static ByteString join(ByteString directory, ByteString name) {
        boolean slashed = !directory.isEmpty() && directory.byteAt(directory.length() - 1) == '/';
        return slashed ? directory.plus(name) : directory.plus(SLASH).plus(name);
    }

    public static ByteString join(ByteString directory, String name) {
        return join(directory, ByteString.of(name));
    }

    private static final ByteString SLASH = ByteString.of("/");
}

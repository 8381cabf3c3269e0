package io.jrun.image.reference;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Where the bytes of a file come from. */
public sealed interface SourceFile {

    /** The spelling of standard input. */
    String STANDARD_INPUT = "-";

    /** A file with a name: it can be read at any place and again. */
    record Named(Path path) implements SourceFile {
        @Override
        public String defaultName() {
            return withoutSuffix(lastName(path));
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** What is piped in: it passes once, from its first byte to its last. */
    record StandardInput() implements SourceFile {
        @Override
        public String defaultName() {
            return "stdin";
        }

        @Override
        public String toString() {
            return STANDARD_INPUT;
        }
    }

    /** Suffixes of files that hold images, each before those that are its end. */
    List<String> SUFFIXES = List.of(
            ".tar.gz",
            ".tar.zst",
            ".tar.xz",
            ".tar.bz2",
            ".tar.lz4",
            ".tar.lzma",
            ".tar.z",
            ".tar",
            ".tgz",
            ".tzst",
            ".txz",
            ".tbz2",
            ".tlz",
            ".sqsh",
            ".squashfs",
            ".sqfs",
            ".sfs",
            ".sif");

    /** What a result made from it is called when the user names it not, without suffix. */
    String defaultName();

    /** The last component of a path, also of {@code .} and of a path that ends in {@code ..}. */
    static String lastName(Path path) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        return name == null ? "rootfs" : name.toString();
    }

    private static String withoutSuffix(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SUFFIXES.stream()
                .filter(suffix -> lower.endsWith(suffix) && lower.length() > suffix.length())
                .findFirst()
                .map(suffix -> name.substring(0, name.length() - suffix.length()))
                .orElse(name);
    }
}

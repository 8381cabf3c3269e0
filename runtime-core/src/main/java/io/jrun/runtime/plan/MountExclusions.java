package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;

/** The mounts that a start leaves out: by name those every start has, by place also those of mounts.d. */
final class MountExclusions {

    static final String HOME = "home";

    private static final List<String> NAMES = List.of(
            "proc",
            "sys",
            "dev",
            "tmp",
            HOME,
            "resolv.conf",
            "hosts",
            "hostname",
            "machine-id",
            "localtime",
            "passwd",
            "group");

    private final List<ByteString> words = new ArrayList<>();

    /** @param origin names the option or the file in messages */
    void add(ByteString word, String origin) throws UsageException {
        if (!word.startsWith("/") && !NAMES.contains(word.toString())) {
            throw new UsageException(Failure.of("leave out the mount \"" + word + "\" of " + origin, "there is none")
                    .hint("name one of " + String.join(", ", NAMES) + ", or the place of a configured mount"));
        }
        words.add(word);
    }

    /** Of a mount that every start has, on {@code path}. */
    boolean excludes(String path) {
        return words.contains(ByteString.of(path))
                || words.contains(ByteString.of(path.substring(path.lastIndexOf('/') + 1)));
    }

    boolean excludesHome() {
        return words.contains(ByteString.of(HOME));
    }

    boolean excludesPlace(ByteString path) {
        return words.contains(path);
    }
}

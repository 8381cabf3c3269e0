package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was asked of a tree and what the answers were, so that somebody can tell later whether they would be the same.
 * Of two equal questions the last answer counts. Paths are those of the host. Not for several threads.
 */
public final class Observations {

    /** One question with its answer. */
    public sealed interface Observation {
        ByteString path();
    }

    /** Nothing is there. */
    public record Absent(ByteString path) implements Observation {}

    /** @param status of the directory */
    public record Listed(ByteString path, FileStatus status, List<ByteString> names) implements Observation {
        public Listed {
            names = List.copyOf(names);
        }
    }

    /** @param content of a short text; empty for whatever else */
    public record Read(ByteString path, FileStatus status, Optional<ByteString> content) implements Observation {}

    /** A device node that was tried. */
    public record Opened(ByteString path, HostTree.Use use, boolean granted) implements Observation {}

    /** What a file of the kernel's gives to one read(2) of a page. */
    private static final int MAX_TEXT = 4095;

    private final Map<String, Observation> all = new LinkedHashMap<>();

    /** In the order of the first question. */
    public List<Observation> all() {
        return List.copyOf(all.values());
    }

    void absent(ByteString path) {
        all.put("absent " + path, new Absent(path));
    }

    void listed(ByteString path, FileStatus status, List<ByteString> names) {
        all.put("listed " + path, new Listed(path, status, names));
    }

    void read(ByteString path, FileStatus status, Optional<byte[]> content) {
        Optional<ByteString> text =
                content.isPresent() && isShortText(content.get()) ? content.map(ByteString::of) : Optional.empty();
        all.put("read " + path, new Read(path, status, text));
    }

    private static boolean isShortText(byte[] content) {
        boolean text = content.length <= MAX_TEXT;
        for (int i = 0; text && i < content.length; i++) {
            text = content[i] != 0;
        }
        return text;
    }

    void opened(ByteString path, HostTree.Use use, boolean granted) {
        all.put("opened " + path + " " + use, new Opened(path, use, granted));
    }
}

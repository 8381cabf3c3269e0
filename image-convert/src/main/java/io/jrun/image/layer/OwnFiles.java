package io.jrun.image.layer;

import io.jrun.image.tree.EntryName;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;

/** What files directly in {@code /.jrun} hold, as far as it is little. */
final class OwnFiles {

    private static final byte[] FOLDER = ".jrun".getBytes(StandardCharsets.US_ASCII);

    /** Far more than jrun itself writes there. */
    private static final int MAX_FILES = 16;

    private static final int MAX_BYTES = 16 << 20;

    private final Map<EntryName, byte[]> contents = new HashMap<>();

    boolean isWorthKeeping(LexicalPath path, long sizeInBytes) {
        return path.depth() == 2 && path.matches(0, FOLDER) && sizeInBytes <= MAX_BYTES && contents.size() < MAX_FILES;
    }

    void keep(LexicalPath path, byte[] bytes) {
        contents.put(EntryName.of(path.bytes(), path.start(1), path.end(1)), bytes);
    }

    Map<EntryName, byte[]> contents() {
        return Collections.unmodifiableMap(contents);
    }
}

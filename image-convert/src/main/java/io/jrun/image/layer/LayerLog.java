package io.jrun.image.layer;

import io.jrun.image.tree.FileContent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a merge has seen of one layer: enough to merge it again without its tar, as long as its contents are at hand.
 * Complete when the merge has finished.
 */
public final class LayerLog {

    private final EntryEncoder encoder = new EntryEncoder();

    /** Null where a content is not stored: half a million of them are usual. */
    private final List<FileContent> contents = new ArrayList<>();

    private Optional<byte[]> known = Optional.empty();
    private final Notices notices;
    private int files;

    LayerLog(Notices notices) {
        this.notices = notices;
    }

    /** One whose entries are known already, so that none is added. */
    LayerLog(KnownLayer layer, Notices notices) {
        this.notices = notices;
        this.known = Optional.of(layer.entries());
    }

    void add(TarEntry entry) {
        files += entry.kind() == TarEntry.Kind.REGULAR_FILE ? 1 : 0;
        if (known.isEmpty()) {
            encoder.add(entry);
        }
    }

    /** @param file its number among the regular files, in the order of the entries, from 0 */
    void putContent(int file, FileContent content) {
        while (contents.size() <= file) {
            contents.add(null);
        }
        contents.set(file, content);
    }

    /** For {@link KnownLayer}. */
    public byte[] entries() {
        return known.orElseGet(encoder::toBytes);
    }

    /** Of the regular files, in the order of the entries; empty where an upper layer hides one. */
    public List<Optional<FileContent>> contents() {
        List<Optional<FileContent>> all = new ArrayList<>(files);
        contents.forEach(content -> all.add(Optional.ofNullable(content)));
        while (all.size() < files) {
            all.add(Optional.empty());
        }
        return Collections.unmodifiableList(all);
    }

    /** What reading its tar left out or changed. */
    public Map<Notice, Long> notices() {
        return notices.counts();
    }
}

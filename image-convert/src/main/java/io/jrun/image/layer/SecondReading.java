package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Stores what was passed over as hidden and is needed all the same, because a visible hard link leads to it. */
final class SecondReading {

    private final ContentStore contents;
    private final Optional<ContentReuse> reuse;
    private final MergeLimits limits;
    private final InternPool pool;
    private final MergeTally tally;

    SecondReading(
            ContentStore contents,
            Optional<ContentReuse> reuse,
            MergeLimits limits,
            InternPool pool,
            MergeTally tally) {
        this.contents = contents;
        this.reuse = reuse;
        this.limits = limits;
        this.pool = pool;
        this.tally = tally;
    }

    /** Once it is known which inodes of the layer are needed. */
    void complete(MergedLayer layer) throws IOException {
        SortedMap<Integer, LayerEntry.UnreadFile> wanted = wanted(layer);
        if (wanted.isEmpty()) {
            return;
        }
        contents.border();
        if (layer.known().isPresent()
                && isCovered(wanted.values(), layer.known().get())) {
            adopt(wanted.values(), layer.known().get(), layer);
        } else {
            read(wanted, layer);
        }
    }

    /** By their numbers among all entries. */
    private static SortedMap<Integer, LayerEntry.UnreadFile> wanted(MergedLayer layer) {
        SortedMap<Integer, LayerEntry.UnreadFile> wanted = new TreeMap<>();
        for (LayerEntry entry : layer.entries()) {
            if (entry instanceof LayerEntry.UnreadFile file && file.isNeeded()) {
                wanted.put(file.ordinal(), file);
            }
        }
        return wanted;
    }

    private static boolean isCovered(Collection<LayerEntry.UnreadFile> wanted, KnownLayer known) {
        return wanted.stream()
                .allMatch(file -> file.sizeInBytes() == 0
                        || known.content(file.fileNumber()).isPresent());
    }

    private void adopt(Collection<LayerEntry.UnreadFile> wanted, KnownLayer known, MergedLayer layer)
            throws IOException {
        for (LayerEntry.UnreadFile file : wanted) {
            fill(file, known.adopt(file.fileNumber(), file.sizeInBytes(), contents, reuse.orElseThrow()), layer);
        }
    }

    private void read(SortedMap<Integer, LayerEntry.UnreadFile> wanted, MergedLayer layer) throws IOException {
        tally.rereadLayer();
        pool.startLayer(layer.name());
        try (InputStream in = layer.source().open()) {
            // Notices of its own: the first reading has counted.
            TarReader reader = new TarReader(in, layer.name(), limits, new Notices(), pool);
            int next = 0;
            for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                LayerEntry.UnreadFile file = wanted.remove(next++);
                if (file != null) {
                    read(file, entry.get(), reader, layer);
                }
            }
        }
        if (!wanted.isEmpty()) {
            throw changed(layer);
        }
    }

    private void read(LayerEntry.UnreadFile file, TarEntry entry, TarReader reader, MergedLayer layer)
            throws IOException {
        if (entry.kind() != TarEntry.Kind.REGULAR_FILE || entry.sizeInBytes() != file.sizeInBytes()) {
            throw changed(layer);
        }
        fill(file, contents.store(reader.content(), file.sizeInBytes()), layer);
    }

    private void fill(LayerEntry.UnreadFile file, FileContent content, MergedLayer layer) {
        tally.storedAfterAll(file.sizeInBytes());
        file.fill(content);
        layer.log().ifPresent(log -> log.putContent(file.fileNumber(), content));
    }

    private static CorruptDataException changed(MergedLayer layer) {
        return new CorruptDataException(
                Failure.of("read " + layer.name(), "it has other content than when it was read first"));
    }
}

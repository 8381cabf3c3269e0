package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.ContentReuse;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileContent;
import io.jrun.image.tree.KnownContent;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A layer as an earlier merge saw it ({@link LayerLog}), whose contents the store knows from there. */
public final class KnownLayer {

    private final byte[] entries;
    private final List<Optional<KnownContent>> contents;
    private final Map<Notice, Long> notices;
    private final boolean complete;

    /**
     * Takes every entry apart, so that none can fail later.
     *
     * @param entries as {@link LayerLog#entries} gave them; not copied
     * @param contents of the regular files, in the order of the entries; empty where the store lacks one
     * @throws CorruptDataException when the entries are malformed or do not match the contents
     */
    public KnownLayer(byte[] entries, List<Optional<KnownContent>> contents, Map<Notice, Long> notices)
            throws CorruptDataException {
        this.entries = entries;
        this.contents = List.copyOf(contents);
        Map<Notice, Long> copy = new EnumMap<>(Notice.class);
        copy.putAll(notices);
        this.notices = Collections.unmodifiableMap(copy);
        this.complete = check();
    }

    /** Whether no content is missing. */
    private boolean check() throws CorruptDataException {
        EntryDecoder decoder = new EntryDecoder(entries, new InternPool(new Budget(MergeLimits.DEFAULT)));
        boolean nothingMissing = true;
        int number = 0;
        for (Optional<TarEntry> entry = decoder.next(); entry.isPresent(); entry = decoder.next()) {
            if (entry.get().kind() == TarEntry.Kind.REGULAR_FILE) {
                nothingMissing &= check(entry.get(), number++);
            }
        }
        if (number != contents.size()) {
            throw mismatch();
        }
        return nothingMissing;
    }

    private boolean check(TarEntry entry, int number) throws CorruptDataException {
        if (number >= contents.size()) {
            throw mismatch();
        }
        Optional<KnownContent> content = contents.get(number);
        if (content.isPresent() && content.get().sizeInBytes() != entry.sizeInBytes()) {
            throw mismatch();
        }
        return content.isPresent() || entry.sizeInBytes() == 0;
    }

    byte[] entries() {
        return entries;
    }

    Map<Notice, Long> notices() {
        return notices;
    }

    /** @param number of a regular file, from 0 */
    Optional<KnownContent> content(int number) {
        return contents.get(number);
    }

    /** Has the store take over one that is here, or empty. */
    FileContent adopt(int number, long sizeInBytes, ContentStore contents, ContentReuse store) throws IOException {
        return sizeInBytes == 0
                ? contents.store(InputStream.nullInputStream(), 0)
                : store.adopt(content(number).orElseThrow());
    }

    /** What is asked of each regular file. */
    interface Question {
        boolean isWanted(TarEntry entry) throws CorruptDataException;
    }

    /** Whether every content that is wanted is there. */
    boolean covers(Question question) throws CorruptDataException {
        if (complete) {
            return true;
        }
        EntryDecoder decoder = new EntryDecoder(entries, new InternPool(new Budget(MergeLimits.DEFAULT)));
        int number = 0;
        for (Optional<TarEntry> entry = decoder.next(); entry.isPresent(); entry = decoder.next()) {
            if (entry.get().kind() == TarEntry.Kind.REGULAR_FILE
                    && contents.get(number++).isEmpty()
                    && entry.get().sizeInBytes() > 0
                    && question.isWanted(entry.get())) {
                return false;
            }
        }
        return true;
    }

    private static CorruptDataException mismatch() {
        return new CorruptDataException(
                Failure.of("use a record of a layer", "its entries and its contents do not match"));
    }
}

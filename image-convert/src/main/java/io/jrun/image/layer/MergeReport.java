package io.jrun.image.layer;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a merge saw.
 *
 * @param layers merged layers, empty ones included
 * @param entries entries of all layers, whiteouts included
 * @param whiteouts explicit and opaque ones
 * @param hiddenEntries entries other than directories that are not in the tree, because another entry replaced them or a
 *     whiteout hid them
 * @param hiddenBytes content of hidden files that was passed over
 * @param storedBytes content that was handed to the store
 * @param unusedBytes content that was handed to the store before the merge could know that it is hidden: a file twice in
 *     one layer, or names that a symbolic link of a lower layer makes equal
 * @param rereadLayers layers that were read twice, for content that a hard link still needs
 * @param notices what was left out or changed; only counts above zero
 */
public record MergeReport(
        int layers,
        long entries,
        long whiteouts,
        long hiddenEntries,
        long hiddenBytes,
        long storedBytes,
        long unusedBytes,
        int rereadLayers,
        Map<Notice, Long> notices) {

    public MergeReport {
        Map<Notice, Long> copy = new EnumMap<>(Notice.class);
        copy.putAll(notices);
        notices = Collections.unmodifiableMap(copy);
    }
}

package io.jrun.image.layer;

import io.jrun.image.tree.FileNode;
import java.util.Map;

/** Counters of one merge, for its {@link MergeReport}. */
final class MergeTally {

    private long whiteouts;
    private long hiddenEntries;
    private long hiddenBytes;
    private long storedBytes;
    private long unusedBytes;
    private int rereadLayers;

    void whiteout() {
        whiteouts++;
    }

    void passedOver(long bytes) {
        hiddenBytes += bytes;
    }

    void stored(long bytes) {
        storedBytes += bytes;
    }

    /** What was passed over at first. */
    void storedAfterAll(long bytes) {
        hiddenBytes -= bytes;
        storedBytes += bytes;
    }

    void rereadLayer() {
        rereadLayers++;
    }

    /** Counts what of a layer is not in the tree; once it is known what is visible. */
    void countHidden(MergedLayer layer) {
        for (LayerEntry entry : layer.entries()) {
            if (entry instanceof LayerEntry.Name name && !name.isVisible()) {
                hiddenEntries++;
            }
            if (entry instanceof LayerEntry.Inode inode
                    && !inode.isNeeded()
                    && inode.node() instanceof FileNode.RegularFile file) {
                unusedBytes += file.content().sizeInBytes();
            }
        }
    }

    MergeReport report(int layers, long entries, Map<Notice, Long> notices) {
        return new MergeReport(
                layers,
                entries,
                whiteouts,
                hiddenEntries,
                hiddenBytes,
                storedBytes,
                unusedBytes,
                rereadLayers,
                notices);
    }
}

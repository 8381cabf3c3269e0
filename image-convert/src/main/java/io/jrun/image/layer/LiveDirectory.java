package io.jrun.image.layer;

import io.jrun.image.tree.EntryName;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.Metadata;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/** A directory of the growing tree. */
final class LiveDirectory implements LiveNode {

    private static final int NONE = -1;

    /** Itself at the root. */
    private final LiveDirectory parent;

    private final int depth;
    private Metadata metadata;
    private Map<EntryName, LiveNode> children = Map.of();
    private int touchedBy = NONE;
    private int sweptBy = NONE;

    private LiveDirectory(LiveDirectory parent, int depth, Metadata metadata) {
        this.parent = parent == null ? this : parent;
        this.depth = depth;
        this.metadata = metadata;
    }

    static LiveDirectory root(Metadata metadata) {
        return new LiveDirectory(null, 0, metadata);
    }

    LiveDirectory addDirectory(EntryName name, Metadata childMetadata) {
        LiveDirectory child = new LiveDirectory(this, depth + 1, childMetadata);
        put(name, child);
        return child;
    }

    LiveDirectory parent() {
        return parent;
    }

    int depth() {
        return depth;
    }

    Metadata metadata() {
        return metadata;
    }

    void describe(Metadata described) {
        metadata = described;
    }

    /** Null where there is none. */
    LiveNode child(EntryName name) {
        return children.get(name);
    }

    Map<EntryName, LiveNode> children() {
        return children;
    }

    void put(EntryName name, LiveNode child) {
        if (children.isEmpty()) {
            children = new HashMap<>();
        }
        children.put(name, child);
    }

    void remove(EntryName name) {
        if (!children.isEmpty()) {
            children.remove(name);
        }
    }

    @Override
    public boolean isTouchedBy(int layer) {
        return touchedBy == layer;
    }

    /** Marks this and all ancestors. Whoever is marked has marked ancestors: nothing moves in an extraction. */
    void touch(int layer) {
        LiveDirectory directory = this;
        while (directory.touchedBy != layer) {
            directory.touchedBy = layer;
            directory = directory.parent;
        }
    }

    /**
     * Removes below this directory what {@code layer} did not bring. A second sweep by one layer finds nothing, so it
     * returns at once: a layer of many whiteouts costs no more than its entries.
     */
    void sweep(int layer) {
        if (sweptBy == layer) {
            return;
        }
        sweptBy = layer;
        for (Iterator<LiveNode> each = children.values().iterator(); each.hasNext(); ) {
            LiveNode child = each.next();
            if (!child.isTouchedBy(layer)) {
                each.remove();
            } else if (child instanceof LiveDirectory directory) {
                directory.sweep(layer);
            }
        }
    }

    /** The finished directory; frees the growing one on the way. */
    FileNode.Directory freeze() {
        Map<EntryName, FileNode> frozen = new HashMap<>(children.size() * 2);
        children.forEach((name, child) -> frozen.put(name, freeze(child)));
        children = Map.of();
        return new FileNode.Directory(metadata, frozen);
    }

    private static FileNode freeze(LiveNode child) {
        return child instanceof LiveDirectory directory
                ? directory.freeze()
                : ((LayerEntry.Name) child).inode().node();
    }
}

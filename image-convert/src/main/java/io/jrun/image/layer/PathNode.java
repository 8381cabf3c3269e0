package io.jrun.image.layer;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.EntryName;

/**
 * A path as recorded, symbolic links not followed, with what layers read so far say about layers below them. Layers are
 * numbered from the top: a layer sees only closures with a smaller number than its own.
 */
final class PathNode {

    private static final int OPEN = Integer.MAX_VALUE;

    /** Itself at the root, which has no name. */
    private final PathNode parent;

    private final EntryName name;
    private final int hash;
    private final int depth;
    private int hiddenFrom = OPEN;
    private int closedFrom = OPEN;

    private PathNode(PathNode parent, EntryName name, int hash, int depth) {
        this.parent = parent == null ? this : parent;
        this.name = name;
        this.hash = hash;
        this.depth = depth;
    }

    static PathNode root(int hash) {
        return new PathNode(null, EntryName.of("root"), hash, 0);
    }

    PathNode child(EntryName childName, int childHash) {
        return new PathNode(this, childName, childHash, depth + 1);
    }

    PathNode parent() {
        return parent;
    }

    EntryName name() {
        return name;
    }

    int hash() {
        return hash;
    }

    /** 0 at the root. */
    int depth() {
        return depth;
    }

    /** An entry of {@code layer} has this path, or a whiteout names it: files of lower layers here are hidden. */
    void hide(int layer) {
        hiddenFrom = Math.min(hiddenFrom, layer);
    }

    /** Nothing of lower layers is visible below this path. */
    void close(int layer) {
        closedFrom = Math.min(closedFrom, layer);
    }

    /** Whether layers above {@code layer} hide a file of that layer here, as far as paths alone can tell. */
    boolean isHidden(int layer) {
        if (hiddenFrom < layer) {
            return true;
        }
        PathNode node = this;
        while (node != node.parent) {
            node = node.parent;
            if (node.closedFrom < layer) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String toString() {
        return depth == 0 ? "/" : (depth == 1 ? "" : parent.toString()) + "/" + ByteText.escape(name.toBytes());
    }
}

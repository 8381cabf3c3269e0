package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.EntryName;
import java.util.Arrays;

/**
 * All paths that the layers name, each once. One open-addressing table for the whole trie, since a map in each directory
 * would take several times the memory.
 */
final class PathTrie {

    private static final long PRIME = 0x100000001b3L; // FNV-1a, 64 bits

    private final Budget budget;
    private final long seed;
    private final PathNode root;
    private PathNode[] table = new PathNode[1 << 12];
    private int size;

    /**
     * @param seed starts the hash, so that an image cannot be made for collisions; nothing else depends on it
     */
    PathTrie(Budget budget, long seed) {
        this.budget = budget;
        this.seed = seed;
        this.root = PathNode.root((int) seed);
    }

    PathNode root() {
        return root;
    }

    /** The first {@code depth} names of the path, each of which is a valid name. */
    PathNode locate(LexicalPath path, int depth, String layerName) throws CorruptDataException {
        PathNode node = root;
        for (int i = 0; i < depth; i++) {
            node = child(node, path.bytes(), path.start(i), path.end(i), layerName);
        }
        return node;
    }

    PathNode child(PathNode parent, byte[] bytes, int from, int to, String layerName) throws CorruptDataException {
        int hash = hash(parent, bytes, from, to);
        int slot = slot(hash);
        for (PathNode node = table[slot]; node != null; node = table[slot]) {
            if (node.hash() == hash && node.parent() == parent && node.name().matches(bytes, from, to)) {
                return node;
            }
            slot = slot + 1 & table.length - 1;
        }
        budget.takeName(layerName);
        budget.takeText(layerName, (long) to - from);
        PathNode node = parent.child(EntryName.of(bytes, from, to), hash);
        table[slot] = node;
        if (++size > table.length / 8 * 5) {
            grow();
        }
        return node;
    }

    private int slot(int hash) {
        return (hash ^ hash >>> 15) & table.length - 1;
    }

    private void grow() {
        PathNode[] old = table;
        table = new PathNode[Math.multiplyExact(old.length, 2)];
        for (PathNode node : old) {
            if (node != null) {
                int slot = slot(node.hash());
                while (table[slot] != null) {
                    slot = slot + 1 & table.length - 1;
                }
                table[slot] = node;
            }
        }
    }

    private int hash(PathNode parent, byte[] bytes, int from, int to) {
        long hash = seed ^ parent.hash() * 0x9e3779b97f4a7c15L;
        for (int i = from; i < to; i++) {
            hash = (hash ^ (bytes[i] & 0xff)) * PRIME;
        }
        return (int) (hash ^ hash >>> 32);
    }

    /** Frees the table; paths that are in use stay. */
    void forget() {
        table = Arrays.copyOf(table, 0);
    }
}

package io.jrun.image.tree;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;

/**
 * Children of one directory as two parallel arrays in ascending byte order of the names: 8 bytes a child, where a tree
 * map takes 40, which counts in images of a million files. Unmodifiable; sub-maps share the arrays.
 */
@SuppressWarnings("JdkObsolete") // the steps back that NavigableMap adds have no use here
final class NameMap extends AbstractMap<EntryName, FileNode> implements SortedMap<EntryName, FileNode> {

    private static final NameMap EMPTY = new NameMap(new EntryName[0], new FileNode[0], 0, 0);

    private final EntryName[] names;
    private final FileNode[] nodes;
    private final int from;
    private final int to;

    private NameMap(EntryName[] names, FileNode[] nodes, int from, int to) {
        this.names = names;
        this.nodes = nodes;
        this.from = from;
        this.to = to;
    }

    static NameMap copyOf(Map<EntryName, FileNode> children) {
        if (children.isEmpty()) {
            return EMPTY;
        }
        EntryName[] names = children.keySet().toArray(new EntryName[0]);
        Arrays.sort(names);
        FileNode[] nodes = new FileNode[names.length];
        for (int i = 0; i < names.length; i++) {
            nodes[i] = Objects.requireNonNull(children.get(names[i]));
        }
        return new NameMap(names, nodes, 0, names.length);
    }

    @Override
    public FileNode get(Object key) {
        int at = key instanceof EntryName name ? Arrays.binarySearch(names, from, to, name) : -1;
        return at < 0 ? null : nodes[at];
    }

    @Override
    public boolean containsKey(Object key) {
        return get(key) != null;
    }

    @Override
    public int size() {
        return to - from;
    }

    @Override
    public Comparator<? super EntryName> comparator() {
        return null; // natural order, as SortedMap defines it
    }

    @Override
    public SortedMap<EntryName, FileNode> subMap(EntryName fromKey, EntryName toKey) {
        if (fromKey.compareTo(toKey) > 0) {
            throw new IllegalArgumentException("range ends before it starts: " + fromKey + " > " + toKey);
        }
        return new NameMap(names, nodes, firstAtOrAfter(fromKey), firstAtOrAfter(toKey));
    }

    @Override
    public SortedMap<EntryName, FileNode> headMap(EntryName toKey) {
        return new NameMap(names, nodes, from, firstAtOrAfter(toKey));
    }

    @Override
    public SortedMap<EntryName, FileNode> tailMap(EntryName fromKey) {
        return new NameMap(names, nodes, firstAtOrAfter(fromKey), to);
    }

    private int firstAtOrAfter(EntryName key) {
        int at = Arrays.binarySearch(names, from, to, key);
        return at < 0 ? -at - 1 : at;
    }

    @Override
    public EntryName firstKey() {
        return keyAt(from);
    }

    @Override
    public EntryName lastKey() {
        return keyAt(to - 1);
    }

    private EntryName keyAt(int index) {
        if (from == to) {
            throw new NoSuchElementException("an empty directory has no first or last name");
        }
        return names[index];
    }

    @Override
    public Set<Map.Entry<EntryName, FileNode>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return to - from;
            }

            @Override
            public Iterator<Map.Entry<EntryName, FileNode>> iterator() {
                return new Entries();
            }
        };
    }

    private final class Entries implements Iterator<Map.Entry<EntryName, FileNode>> {

        private int next = from;

        @Override
        public boolean hasNext() {
            return next < to;
        }

        @Override
        public Map.Entry<EntryName, FileNode> next() {
            if (next >= to) {
                throw new NoSuchElementException("no further name");
            }
            int at = next++;
            return Map.entry(names[at], nodes[at]);
        }
    }
}

package io.jrun.image.browse;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.EntryName;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A path from the root of a tree, free of "." and "..".
 *
 * @param names none for the root
 */
public record TreePath(List<EntryName> names) implements Comparable<TreePath> {

    public static final TreePath ROOT = new TreePath(List.of());

    public TreePath {
        names = List.copyOf(names);
    }

    public TreePath child(EntryName name) {
        List<EntryName> longer = new ArrayList<>(names);
        longer.add(name);
        return new TreePath(longer);
    }

    public int depth() {
        return names.size();
    }

    /** Begins with "/"; the root is "/" alone. */
    public byte[] toBytes() {
        if (names.isEmpty()) {
            return new byte[] {'/'};
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (EntryName name : names) {
            bytes.write('/');
            bytes.writeBytes(name.toBytes());
        }
        return bytes.toByteArray();
    }

    /** Name by name, so that what a directory holds comes right behind it. */
    @Override
    public int compareTo(TreePath other) {
        int common = Math.min(names.size(), other.names.size());
        for (int i = 0; i < common; i++) {
            int order = names.get(i).compareTo(other.names.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(names.size(), other.names.size());
    }

    /** For messages. */
    @Override
    public String toString() {
        return ByteText.escape(toBytes());
    }
}

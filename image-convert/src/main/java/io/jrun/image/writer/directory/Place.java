package io.jrun.image.writer.directory;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.FileNode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/** A node and where it goes: a name in a directory that is a place itself; the root has neither. */
final class Place {

    private final Place parent;
    private final byte[] name;
    private final FileNode node;

    private Place(Place parent, byte[] name, FileNode node) {
        this.parent = parent;
        this.name = name;
        this.node = node;
    }

    static Place root(FileNode.Directory node) {
        return new Place(null, new byte[0], node);
    }

    Place child(byte[] childName, FileNode child) {
        return new Place(this, childName, child);
    }

    boolean isRoot() {
        return parent == null;
    }

    Place parent() {
        return parent;
    }

    byte[] name() {
        return name;
    }

    FileNode node() {
        return node;
    }

    /** The path inside the image, for messages. */
    @Override
    public String toString() {
        Deque<byte[]> names = new ArrayDeque<>();
        for (Place place = this; !place.isRoot(); place = place.parent) {
            names.push(place.name);
        }
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        for (byte[] part : names) {
            path.write('/');
            path.writeBytes(part);
        }
        return isRoot() ? "/" : ByteText.escape(path.toByteArray());
    }
}

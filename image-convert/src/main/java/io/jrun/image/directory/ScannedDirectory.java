package io.jrun.image.directory;

import io.jrun.image.tree.ByteText;
import io.jrun.image.tree.EntryName;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Where a directory lies below the one that is read; equality is identity. */
final class ScannedDirectory {

    private final Optional<ScannedDirectory> parent;
    private final byte[] name;
    private final int depth;

    private ScannedDirectory(Optional<ScannedDirectory> parent, byte[] name, int depth) {
        this.parent = parent;
        this.name = name;
        this.depth = depth;
    }

    static ScannedDirectory root() {
        return new ScannedDirectory(Optional.empty(), new byte[0], 0);
    }

    ScannedDirectory child(EntryName childName) {
        return new ScannedDirectory(Optional.of(this), childName.toBytes(), depth + 1);
    }

    Optional<ScannedDirectory> parent() {
        return parent;
    }

    byte[] name() {
        return name;
    }

    int depth() {
        return depth;
    }

    /** The path of something in it, for messages. */
    String pathOf(byte[] childName) {
        Deque<byte[]> names = new ArrayDeque<>();
        names.push(childName);
        Optional<ScannedDirectory> directory = Optional.of(this);
        while (directory.isPresent() && directory.get().parent.isPresent()) {
            names.push(directory.get().name);
            directory = directory.get().parent;
        }
        ByteArrayOutputStream path = new ByteArrayOutputStream();
        for (byte[] each : names) {
            path.write('/');
            path.writeBytes(each);
        }
        return ByteText.escape(path.toByteArray());
    }
}

package io.jrun.image.tree;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Extended attributes of one inode, full names ("security.capability") to values, in ascending order of names.
 * Values are raw bytes. Equal sets are equal values, so that writers can share them.
 */
public record Xattrs(Map<String, ByteBuffer> values) {

    public static final Xattrs NONE = new Xattrs(Map.of());

    public Xattrs {
        TreeMap<String, ByteBuffer> copy = new TreeMap<>();
        values.forEach((name, value) -> {
            byte[] bytes = new byte[value.remaining()];
            value.duplicate().get(bytes);
            copy.put(name, ByteBuffer.wrap(bytes).asReadOnlyBuffer());
        });
        values = Collections.unmodifiableMap(copy);
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }
}

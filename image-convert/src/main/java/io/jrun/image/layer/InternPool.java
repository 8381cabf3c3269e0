package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes equal values the same instance: all attributes, and the metadata of files that lie near each other, since files
 * of one package often differ in nothing.
 */
final class InternPool {

    private static final int METADATA_SLOTS = 1 << 12;

    private final Metadata[] recent = new Metadata[METADATA_SLOTS];
    private final Map<Xattrs, Xattrs> attributes = new HashMap<>();
    private final Budget budget;
    private String layerName = "";

    InternPool(Budget budget) {
        this.budget = budget;
    }

    void startLayer(String name) {
        layerName = name;
    }

    Metadata metadata(Metadata metadata) {
        int hash = metadata.hashCode();
        int slot = (hash ^ hash >>> 16) & (METADATA_SLOTS - 1);
        if (metadata.equals(recent[slot])) {
            return recent[slot];
        }
        recent[slot] = metadata;
        return metadata;
    }

    Xattrs xattrs(Map<String, ByteBuffer> values) throws CorruptDataException {
        Xattrs xattrs = new Xattrs(values);
        Xattrs known = attributes.get(xattrs);
        if (known != null) {
            return known;
        }
        for (Map.Entry<String, ByteBuffer> value : values.entrySet()) {
            budget.takeText(
                    layerName, value.getKey().length() + (long) value.getValue().remaining());
        }
        attributes.put(xattrs, xattrs);
        return xattrs;
    }
}

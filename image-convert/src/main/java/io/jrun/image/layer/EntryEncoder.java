package io.jrun.image.layer;

import io.jrun.image.tree.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes entries of a layer close together, in their order; {@link EntryDecoder} reads them. Numbers have seven bits a byte,
 * the lowest first, and the highest bit of a byte says that more follow; those that may be negative are folded onto even
 * and odd ones.
 *
 * <pre>
 * kind and, as {@value #SAME_METADATA}, whether metadata are those of the entry before
 * offset of its header behind that of the entry before
 * bytes of the path that are those of the entry before; number of those that follow; those
 * metadata, unless the same: permissions, owner, group, seconds, nanoseconds, number of attributes, for each
 *     length and bytes of its name, length and bytes of its value
 * of a regular file: size     of links: length and bytes of the target     of devices: major, minor
 * </pre>
 */
final class EntryEncoder {

    static final int SAME_METADATA = 0x80;

    /** A kind is the number of its place. */
    static final List<TarEntry.Kind> KINDS = List.of(TarEntry.Kind.values());

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private byte[] path = {};
    private long offset;
    private Metadata metadata;

    void add(TarEntry entry) {
        boolean same = entry.metadata().equals(metadata);
        out.write(KINDS.indexOf(entry.kind()) | (same ? SAME_METADATA : 0));
        number(entry.offset() - offset);
        path(entry.path());
        if (!same) {
            metadata(entry.metadata());
        }
        switch (entry.kind()) {
            case REGULAR_FILE -> number(entry.sizeInBytes());
            case HARD_LINK, SYMBOLIC_LINK -> bytes(entry.linkTarget(), 0);
            case CHARACTER_DEVICE, BLOCK_DEVICE -> {
                number(entry.deviceMajor());
                number(entry.deviceMinor());
            }
            case DIRECTORY, FIFO, SOCKET -> {
                // Nothing more to say.
            }
        }
        path = entry.path();
        offset = entry.offset();
        metadata = entry.metadata();
    }

    private void path(byte[] next) {
        int common = 0;
        int limit = Math.min(path.length, next.length);
        while (common < limit && path[common] == next[common]) {
            common++;
        }
        number(common);
        bytes(next, common);
    }

    private void metadata(Metadata next) {
        number(next.permissions());
        number(next.uid());
        number(next.gid());
        number((next.mtimeSeconds() << 1) ^ (next.mtimeSeconds() >> 63));
        number(next.mtimeNanos());
        number(next.xattrs().values().size());
        for (Map.Entry<String, ByteBuffer> attribute : next.xattrs().values().entrySet()) {
            bytes(attribute.getKey().getBytes(StandardCharsets.UTF_8), 0);
            byte[] value = new byte[attribute.getValue().remaining()];
            attribute.getValue().duplicate().get(value);
            bytes(value, 0);
        }
    }

    private void bytes(byte[] bytes, int from) {
        number(bytes.length - from);
        out.write(bytes, from, bytes.length - from);
    }

    private void number(long value) {
        long left = value;
        while ((left & ~0x7fL) != 0) {
            out.write((int) ((left & 0x7f) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }

    byte[] toBytes() {
        return out.toByteArray();
    }
}

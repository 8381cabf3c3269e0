package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.tree.Metadata;
import io.jrun.image.tree.Xattrs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads what {@link EntryEncoder} wrote. */
final class EntryDecoder {

    private static final byte[] NO_TARGET = {};

    /** Longer than any number of 64 bits. */
    private static final int MAX_SHIFT = 63;

    private final byte[] bytes;
    private final InternPool pool;
    private int position;
    private byte[] path = {};
    private long offset;
    private Optional<Metadata> metadata = Optional.empty();

    EntryDecoder(byte[] bytes, InternPool pool) {
        this.bytes = bytes;
        this.pool = pool;
    }

    /** The next entry; empty at the end. */
    Optional<TarEntry> next() throws CorruptDataException {
        if (position == bytes.length) {
            return Optional.empty();
        }
        int head = bytes[position++] & 0xff;
        int kindNumber = head & ~EntryEncoder.SAME_METADATA;
        if (kindNumber >= EntryEncoder.KINDS.size()) {
            throw malformed("an entry of kind " + kindNumber);
        }
        TarEntry.Kind kind = EntryEncoder.KINDS.get(kindNumber);
        offset += number();
        path = path();
        if (offset < 0) {
            throw malformed("an entry at offset " + offset);
        }
        if ((head & EntryEncoder.SAME_METADATA) == 0) {
            metadata = Optional.of(metadata());
        }
        Metadata described = metadata.orElseThrow(() -> malformed("an entry without metadata"));
        long size = 0;
        byte[] target = NO_TARGET;
        int major = 0;
        int minor = 0;
        switch (kind) {
            case REGULAR_FILE -> size = size();
            case HARD_LINK, SYMBOLIC_LINK -> target = text();
            case CHARACTER_DEVICE, BLOCK_DEVICE -> {
                major = (int) atMost(0xfff);
                minor = (int) atMost(0xfffff);
            }
            case DIRECTORY, FIFO, SOCKET -> {
                // Nothing more is said.
            }
        }
        return Optional.of(new TarEntry(kind, offset, path, target, described, size, major, minor));
    }

    private long size() throws CorruptDataException {
        long size = number();
        if (size < 0) {
            throw malformed("a file of " + size + " bytes");
        }
        return size;
    }

    private byte[] path() throws CorruptDataException {
        int common = (int) atMost(path.length);
        int length = (int) atMost(bytes.length - position);
        if (length > bytes.length - position) {
            throw malformed("a path longer than the record");
        }
        byte[] next = Arrays.copyOf(path, common + length);
        System.arraycopy(bytes, position, next, common, length);
        position += length;
        return next;
    }

    private Metadata metadata() throws CorruptDataException {
        int permissions = (int) atMost(07777);
        long uid = atMost(Metadata.MAX_ID);
        long gid = atMost(Metadata.MAX_ID);
        long folded = number();
        int nanos = (int) atMost(999_999_999);
        int attributes = (int) atMost(bytes.length - position);
        Xattrs xattrs = attributes == 0 ? Xattrs.NONE : xattrs(attributes);
        return pool.metadata(new Metadata(permissions, uid, gid, folded >>> 1 ^ -(folded & 1), nanos, xattrs));
    }

    private Xattrs xattrs(int count) throws CorruptDataException {
        Map<String, ByteBuffer> values = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            String name = new String(text(), StandardCharsets.UTF_8);
            values.put(name, ByteBuffer.wrap(text()));
        }
        return pool.xattrs(values);
    }

    private byte[] text() throws CorruptDataException {
        int length = (int) atMost(bytes.length - position);
        if (length > bytes.length - position) {
            throw malformed("a text longer than the record");
        }
        byte[] text = Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return text;
    }

    private long atMost(long max) throws CorruptDataException {
        long value = number();
        if (value < 0 || value > max) {
            throw malformed("the number " + value + ", where " + max + " is the limit");
        }
        return value;
    }

    private long number() throws CorruptDataException {
        long value = 0;
        for (int shift = 0; shift <= MAX_SHIFT; shift += 7) {
            if (position == bytes.length) {
                throw malformed("half an entry at its end");
            }
            int next = bytes[position++];
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw malformed("a number of more than 64 bits");
    }

    private static CorruptDataException malformed(String what) {
        return new CorruptDataException(Failure.of("use a record of a layer", "it has " + what));
    }
}

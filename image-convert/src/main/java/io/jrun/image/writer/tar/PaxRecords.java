package io.jrun.image.writer.tar;

import io.jrun.image.tree.DataExtent;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The records of one extended header: {@code LENGTH KEY=VALUE\n}, where the length counts itself. Values are bytes; text
 * that is not UTF-8 is announced with {@code hdrcharset=BINARY}. Source: POSIX.1-2017, pax, "pax Extended Header".
 */
final class PaxRecords {

    private final ByteArrayOutputStream records = new ByteArrayOutputStream();
    private boolean announcedBinary;

    boolean isEmpty() {
        return records.size() == 0;
    }

    byte[] toBytes() {
        return records.toByteArray();
    }

    void add(String key, String value) {
        add(key, value.getBytes(StandardCharsets.UTF_8));
    }

    void add(String key, byte[] value) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        int rest = keyBytes.length + value.length + 3; // space, equals sign, line feed
        int length = rest + Integer.toString(rest).length();
        length = rest + Integer.toString(length).length();
        records.writeBytes(Integer.toString(length).getBytes(StandardCharsets.US_ASCII));
        records.write(' ');
        records.writeBytes(keyBytes);
        records.write('=');
        records.writeBytes(value);
        records.write('\n');
    }

    /** A path or link target. */
    void addName(String key, byte[] name) {
        if (!announcedBinary && !isUtf8(name)) {
            add("hdrcharset", "BINARY");
            announcedBinary = true;
        }
        add(key, name);
    }

    void addXattr(String name, ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        add("SCHILY.xattr." + name, bytes);
    }

    /** Source: GNU tar manual, "Storing Sparse Files", PAX format version 1.0. */
    void addSparse(byte[] name, long sizeInBytes) {
        add("GNU.sparse.major", "1");
        add("GNU.sparse.minor", "0");
        addName("GNU.sparse.name", name);
        add("GNU.sparse.realsize", Long.toString(sizeInBytes));
    }

    /** The map in front of the data of a sparse file: decimal lines, padded to whole blocks. */
    static byte[] sparseMap(List<DataExtent> extents) {
        StringBuilder map = new StringBuilder().append(extents.size()).append('\n');
        for (DataExtent extent : extents) {
            map.append(extent.offset()).append('\n').append(extent.length()).append('\n');
        }
        byte[] text = map.toString().getBytes(StandardCharsets.US_ASCII);
        return java.util.Arrays.copyOf(text, Math.toIntExact(TarHeaderBlock.padded(text.length)));
    }

    static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException notText) {
            return false;
        }
    }
}

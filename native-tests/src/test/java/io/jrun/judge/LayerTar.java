package io.jrun.judge;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a layer as a tar stream, byte for byte as told and however hostile: nothing here checks or repairs a name. Plain
 * ustar headers (POSIX.1-1988); every entry belongs to root and dates from 2020.
 *
 * <p>Not thread-safe.
 */
final class LayerTar {

    private static final int BLOCK = 512;
    private static final long MTIME = 1_577_836_800L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    LayerTar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8), 0644);
    }

    LayerTar file(String name, byte[] content, int mode) {
        header(name, '0', mode, content.length, "");
        out.writeBytes(content);
        out.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
        return this;
    }

    LayerTar directory(String name, int mode) {
        return header(name, '5', mode, 0, "");
    }

    LayerTar symlink(String name, String target) {
        return header(name, '2', 0777, 0, target);
    }

    LayerTar link(String name, String target) {
        return header(name, '1', 0644, 0, target);
    }

    /** A header that promises content which is not there. */
    LayerTar promise(String name, long sizeInBytes) {
        return header(name, '0', 0644, sizeInBytes, "");
    }

    private LayerTar header(String name, char type, int mode, long sizeInBytes, String target) {
        byte[] block = new byte[BLOCK];
        text(block, 0, name);
        octal(block, 100, 7, mode);
        octal(block, 108, 7, 0);
        octal(block, 116, 7, 0);
        octal(block, 124, 11, sizeInBytes);
        octal(block, 136, 11, MTIME);
        Arrays.fill(block, 148, 156, (byte) ' ');
        block[156] = (byte) type;
        text(block, 157, target);
        text(block, 257, "ustar\u000000");
        int sum = 0;
        for (byte each : block) {
            sum += each & 0xff;
        }
        octal(block, 148, 6, sum);
        block[154] = 0;
        out.writeBytes(block);
        return this;
    }

    private static void text(byte[] block, int at, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    private static void octal(byte[] block, int at, int digits, long value) {
        String text = Long.toOctalString(value);
        text(block, at, "0".repeat(digits - text.length()) + text);
    }

    /** The layer with its end mark. */
    byte[] bytes() {
        byte[] entries = out.toByteArray();
        return Arrays.copyOf(entries, entries.length + 2 * BLOCK);
    }

    /** The layer without an end mark, as a connection that broke leaves it. */
    byte[] bytesWithoutEnd() {
        return out.toByteArray();
    }
}

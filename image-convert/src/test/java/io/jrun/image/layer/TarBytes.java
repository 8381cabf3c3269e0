package io.jrun.image.layer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes tar for tests, plainly, in one of three formats; each step can also be taken alone, to write malformed tar. */
final class TarBytes {

    enum Format {
        USTAR,
        PAX,
        GNU
    }

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Format format;

    TarBytes(Format format) {
        this.format = format;
    }

    static byte[] of(Format format, TarItem... items) {
        TarBytes tar = new TarBytes(format);
        for (TarItem item : items) {
            tar.add(item);
        }
        return tar.end();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    TarBytes add(TarItem item) {
        boolean regular = item.type() == '0';
        if (format == Format.PAX) {
            addPaxHeader(item);
        } else if (format == Format.GNU) {
            addLongName('K', item.target());
            addLongName('L', item.path());
        }
        byte[] content = regular ? bytes(item.content()) : new byte[0];
        return header(item, content.length).data(content);
    }

    private void addLongName(char type, String name) {
        if (name.length() > 100) {
            header(TarItem.base(type, "././@LongLink"), name.length() + 1).data(bytes(name + '\0'));
        }
    }

    private void addPaxHeader(TarItem item) {
        Map<String, String> records = new LinkedHashMap<>();
        if (item.path().length() > 100 || !ascii(item.path())) {
            records.put("path", item.path());
        }
        if (item.target().length() > 100 || !ascii(item.target())) {
            records.put("linkpath", item.target());
        }
        if (item.uid() > 07777777) {
            records.put("uid", Long.toString(item.uid()));
        }
        if (item.gid() > 07777777) {
            records.put("gid", Long.toString(item.gid()));
        }
        if (item.nanos() != 0 || item.seconds() < 0 || item.seconds() > 077777777777L) {
            records.put("mtime", paxTime(item.seconds(), item.nanos()));
        }
        item.xattrs().forEach((name, value) -> records.put("SCHILY.xattr." + name, value));
        if (!records.isEmpty()) {
            pax('x', records);
        }
    }

    static String paxTime(long seconds, int nanos) {
        if (seconds >= 0 || nanos == 0) {
            return seconds + (nanos == 0 ? "" : String.format(".%09d", nanos));
        }
        return "-" + (-seconds - 1) + String.format(".%09d", 1_000_000_000 - nanos);
    }

    private static boolean ascii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    /** An extended header; key and values as bytes. */
    TarBytes pax(char type, Map<String, String> records) {
        StringBuilder text = new StringBuilder();
        records.forEach((key, value) -> text.append(record(key, value)));
        return pax(type, text.toString());
    }

    TarBytes pax(char type, String text) {
        return header(TarItem.base(type, "PaxHeaders/x"), text.length()).data(bytes(text));
    }

    static String record(String key, String value) {
        String rest = " " + key + "=" + value + "\n";
        int length = rest.length() + 1;
        while (Integer.toString(length).length() + rest.length() != length) {
            length++;
        }
        return length + rest;
    }

    TarBytes header(TarItem item, long size) {
        return raw(headerBlock(item, size));
    }

    byte[] headerBlock(TarItem item, long size) {
        byte[] block = new byte[512];
        putName(block, item.path());
        putNumber(block, 100, 8, item.mode());
        putNumber(block, 108, 8, item.uid());
        putNumber(block, 116, 8, item.gid());
        putNumber(block, 124, 12, size);
        putNumber(block, 136, 12, item.seconds());
        block[156] = (byte) item.type();
        put(block, 157, 100, item.target());
        put(block, 257, 8, format == Format.GNU ? "ustar  \0" : "ustar\00000");
        putNumber(block, 329, 8, item.major());
        putNumber(block, 337, 8, item.minor());
        return sign(block);
    }

    /** ustar keeps what does not fit in the prefix; the other formats have it elsewhere. */
    private void putName(byte[] block, String path) {
        int split = path.length() > 100 ? path.indexOf('/', path.length() - 101) : -1;
        if (format == Format.USTAR && split > 0) {
            put(block, 345, 155, path.substring(0, split));
            put(block, 0, 100, path.substring(split + 1));
        } else {
            put(block, 0, 100, path);
        }
    }

    private static void put(byte[] block, int at, int size, String text) {
        byte[] bytes = bytes(text);
        System.arraycopy(bytes, 0, block, at, Math.min(size, bytes.length));
    }

    private void putNumber(byte[] block, int at, int size, long value) {
        long max = (1L << (3 * (size - 1))) - 1;
        if (value >= 0 && value <= max) {
            putOctal(block, at, size - 1, value);
        } else if (format == Format.GNU) {
            putBinary(block, at, size, value);
        } // pax says it in the extended header; ustar cannot
    }

    static void putBinary(byte[] block, int at, int size, long value) {
        for (int i = 0; i < size; i++) {
            int shift = 8 * (size - 1 - i);
            block[at + i] = (byte) (shift > 63 ? value >> 63 : value >> shift);
        }
        block[at] |= (byte) 0x80;
    }

    static byte[] sign(byte[] block) {
        put(block, 148, 8, "        ");
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        putOctal(block, 148, 6, sum);
        block[154] = 0;
        return block;
    }

    private static void putOctal(byte[] block, int at, int digits, long value) {
        for (int i = 0; i < digits; i++) {
            block[at + i] = (byte) ('0' + (value >> (3 * (digits - 1 - i)) & 7));
        }
    }

    /** Content, padded to a block. */
    TarBytes data(byte[] content) {
        raw(content);
        return raw(new byte[-content.length & 511]);
    }

    TarBytes raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] end() {
        return raw(new byte[1024]).toByteArray();
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }
}

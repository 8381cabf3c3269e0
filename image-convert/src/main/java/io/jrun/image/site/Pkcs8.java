package io.jrun.image.site;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Puts the older encodings of keys into the one that Java reads: version, algorithm, key. Source: RFC 5208, section 5;
 * X.690 for lengths.
 */
final class Pkcs8 {

    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;

    /** [0] EXPLICIT: the curve of a SEC 1 key. */
    private static final int PARAMETERS = 0xa0;

    private static final byte[] VERSION = HexFormat.of().parseHex("020100");

    /** 1.2.840.113549.1.1.1 and NULL. */
    private static final byte[] RSA = HexFormat.of().parseHex("06092a864886f70d0101010500");

    /** 1.2.840.10045.2.1, which the curve follows. */
    private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

    private Pkcs8() {}

    static byte[] ofRsa(byte[] pkcs1) {
        return wrap(RSA, pkcs1);
    }

    static byte[] ofEc(byte[] sec1) {
        return wrap(concat(EC, curve(sec1)), sec1);
    }

    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, concat(VERSION, concat(element(SEQUENCE, algorithm), element(OCTET_STRING, key))));
    }

    /** ECPrivateKey is version, key, [0] curve, [1] public key. */
    private static byte[] curve(byte[] sec1) {
        Reader outer = new Reader(sec1);
        Reader fields = new Reader(outer.content(SEQUENCE));
        fields.content(INTEGER);
        fields.content(OCTET_STRING);
        return fields.content(PARAMETERS);
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(content.length >> (8 * i));
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Reads elements one behind the other; malformed ones are illegal arguments. */
    private static final class Reader {

        private final byte[] bytes;
        private int position;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] content(int tag) {
            if (next() != tag) {
                throw new IllegalArgumentException("another element than " + tag);
            }
            int length = next();
            if (length >= 0x80) {
                int count = length & 0x7f;
                length = 0;
                for (int i = 0; i < count; i++) {
                    length = (length << 8) | next();
                }
            }
            if (length < 0 || length > bytes.length - position) {
                throw new IllegalArgumentException("an element of " + length + " bytes");
            }
            position += length;
            return Arrays.copyOfRange(bytes, position - length, position);
        }

        private int next() {
            if (position == bytes.length) {
                throw new IllegalArgumentException("the key ends too early");
            }
            return bytes[position++] & 0xff;
        }
    }
}

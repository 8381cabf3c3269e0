package io.jrun.image.tree;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Bytes made printable for messages and listings. */
public final class ByteText {

    private ByteText() {}

    /** UTF-8 as text, with control characters and the backslash escaped; any other bytes as \xNN. */
    public static String escape(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            StringBuilder out = new StringBuilder(text.length());
            text.codePoints().forEach(c -> {
                if (c < ' ' || c == 0x7f || c == '\\') {
                    appendHex(out, c);
                } else {
                    out.appendCodePoint(c);
                }
            });
            return out.toString();
        } catch (CharacterCodingException notUtf8) {
            StringBuilder out = new StringBuilder(bytes.length * 2);
            for (byte b : bytes) {
                int c = b & 0xff;
                if (c < ' ' || c >= 0x7f || c == '\\') {
                    appendHex(out, c);
                } else {
                    out.append((char) c);
                }
            }
            return out.toString();
        }
    }

    private static void appendHex(StringBuilder out, int value) {
        out.append("\\x").append(Character.forDigit(value >> 4, 16)).append(Character.forDigit(value & 0xf, 16));
    }
}

package io.jrun.image.tree;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Bytes made printable for messages and listings. */
public final class ByteText {

    private ByteText() {}

    /**
     * UTF-8 as text, with the backslash and everything that steers a terminal or hides text escaped: control characters,
     * those of the upper range too, line separators, and format characters, which can reverse the order of what is
     * shown. Escapes are \\xNN, one per byte. Bytes that are no UTF-8 are all shown as if they were ASCII.
     */
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
                if (isPlain(c)) {
                    out.appendCodePoint(c);
                } else {
                    for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                        appendHex(out, b & 0xff);
                    }
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

    /** Whether the bytes are UTF-8 from start to end. */
    public static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException notUtf8) {
            return false;
        }
    }

    private static boolean isPlain(int c) {
        return c != '\\'
                && switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.PRIVATE_USE,
                            Character.SURROGATE,
                            Character.UNASSIGNED -> false;
                    default -> true;
                };
    }

    private static void appendHex(StringBuilder out, int value) {
        out.append("\\x").append(Character.forDigit(value >> 4, 16)).append(Character.forDigit(value & 0xf, 16));
    }
}

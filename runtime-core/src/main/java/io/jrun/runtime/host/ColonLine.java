package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The form that passwd(5) and group(5) share: lines of fields between colons, in any encoding. */
public final class ColonLine {

    private ColonLine() {}

    /** The lines of a file without their line feeds; lines with 0x00, which no tool writes, are left out. */
    public static List<ByteString> lines(byte[] file) {
        List<ByteString> lines = new ArrayList<>();
        int from = 0;
        while (from < file.length) {
            int to = from;
            boolean text = true;
            while (to < file.length && file[to] != '\n') {
                text &= file[to] != 0;
                to++;
            }
            if (text && to > from) {
                lines.add(ByteString.of(Arrays.copyOfRange(file, from, to)));
            }
            from = to + 1;
        }
        return lines;
    }

    /** What stands between the colons; one empty field for an empty line. */
    public static List<ByteString> fields(ByteString line) {
        List<ByteString> fields = new ArrayList<>();
        int from = 0;
        int colon = line.indexOf(':', 0);
        while (colon >= 0) {
            fields.add(line.substring(from, colon));
            from = colon + 1;
            colon = line.indexOf(':', from);
        }
        fields.add(line.substring(from));
        return fields;
    }

    /** An id of 32 bits, or -1 for text that is none. */
    static long number(ByteString text) {
        if (text.isEmpty() || text.length() > 10) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.byteAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value > 0xFFFF_FFFFL ? -1 : value;
    }
}

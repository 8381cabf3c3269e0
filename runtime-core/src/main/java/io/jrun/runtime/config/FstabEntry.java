package io.jrun.runtime.config;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One mount as fstab(5) writes it; the last two fields of that are read and ignored.
 *
 * @param type "none" when the line names none
 * @param options "defaults" when the line names none
 * @param origin the file and the line, or the option it came from
 */
public record FstabEntry(ByteString source, ByteString target, String type, ByteString options, String origin) {

    private static final int MAX_FIELDS = 6;

    /** The lines of a file. */
    static List<FstabEntry> parseFile(byte[] content, String file, Expansion expansion) throws UsageException {
        List<FstabEntry> entries = new ArrayList<>();
        for (TextLine line : TextLine.of(content)) {
            String origin = file + " line " + line.number();
            entries.add(parse(expansion.expand(line.text(), origin), origin));
        }
        return entries;
    }

    /** One line, variables replaced already; a source alone is shown at its own place. */
    public static FstabEntry parse(ByteString line, String origin) throws UsageException {
        List<ByteString> fields = new ArrayList<>();
        int from = 0;
        while (from < line.length()) {
            int to = from;
            while (to < line.length() && !TextLine.isSpace(line.byteAt(to))) {
                to++;
            }
            if (to > from) {
                fields.add(withoutEscapes(line.substring(from, to)));
            }
            from = to + 1;
        }
        if (fields.isEmpty() || fields.size() > MAX_FIELDS) {
            throw new UsageException(Failure.of("read " + origin, "\"" + line + "\" has " + fields.size() + " fields")
                    .hint("write: SOURCE TARGET [TYPE [OPTIONS]]; a space within a path is \\040"));
        }
        ByteString target = fields.size() > 1 ? fields.get(1) : fields.get(0);
        String type = fields.size() > 2 ? fields.get(2).toString() : "none";
        ByteString options = fields.size() > 3 ? fields.get(3) : ByteString.of("defaults");
        return new FstabEntry(fields.get(0), target, type, options, origin);
    }

    /** Source: getmntent(3): white space and backslashes as three octal digits. */
    private static ByteString withoutEscapes(ByteString field) {
        if (field.indexOf('\\', 0) < 0) {
            return field;
        }
        byte[] from = field.toBytes();
        byte[] to = new byte[from.length];
        int length = 0;
        for (int i = 0; i < from.length; i++) {
            int value = from[i] == '\\' ? octal(from, i + 1) : -1;
            to[length++] = value > 0 ? (byte) value : from[i];
            i += value > 0 ? 3 : 0;
        }
        return ByteString.of(Arrays.copyOf(to, length));
    }

    /** Three octal digits, or -1. */
    private static int octal(byte[] text, int at) {
        if (at + 3 > text.length) {
            return -1;
        }
        int value = 0;
        for (int i = at; i < at + 3; i++) {
            if (text[i] < '0' || text[i] > '7') {
                return -1;
            }
            value = value * 8 + text[i] - '0';
        }
        return value < 256 ? value : -1;
    }
}

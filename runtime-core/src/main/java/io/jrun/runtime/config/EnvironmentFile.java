package io.jrun.runtime.config;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file of variables: {@code NAME=VALUE} sets, {@code NAME} alone copies the caller's at each start, {@code #} begins a
 * comment. Values are taken as they stand, quotes too, but for <code>${NAME}</code>.
 */
public final class EnvironmentFile {

    /** A file of variables is written by hand. */
    public static final int MAX_BYTES = 1 << 20;

    /**
     * One line.
     *
     * @param value empty to copy the caller's
     * @param origin the file and the line
     */
    public record Entry(ByteString name, Optional<ByteString> value, String origin) {}

    private EnvironmentFile() {}

    static List<Entry> parse(byte[] content, String file, Expansion expansion) throws UsageException {
        List<Entry> entries = new ArrayList<>();
        for (TextLine line : TextLine.of(content)) {
            String origin = file + " line " + line.number();
            ByteString text = line.text();
            ByteString setting = text.startsWith("export ") ? text.substring("export ".length()) : text;
            int equals = setting.indexOf('=', 0);
            ByteString name = equals < 0 ? setting : setting.substring(0, equals);
            if (name.isEmpty() || name.indexOf(' ', 0) >= 0 || name.indexOf('\t', 0) >= 0) {
                throw new UsageException(Failure.of("read " + origin, "\"" + text + "\" names no variable")
                        .hint("write NAME=VALUE to set, or NAME to copy yours"));
            }
            Optional<ByteString> value = equals < 0
                    ? Optional.empty()
                    : Optional.of(expansion.expand(setting.substring(equals + 1), origin));
            entries.add(new Entry(name, value, origin));
        }
        return entries;
    }
}

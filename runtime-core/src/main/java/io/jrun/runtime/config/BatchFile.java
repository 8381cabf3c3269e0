package io.jrun.runtime.config;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A start as a file of lines <code>KEY = VALUE</code> or KEY, which can be a program by its first line. "image" and
 * "command" are keys of its own, all others are the options of a start without their dashes. Lines that begin with "#"
 * say nothing; <code>${NAME}</code> is replaced as in other files.
 *
 * @param image what to start
 * @param options in the order of the file
 * @param command words; empty where the image's own is meant
 * @param consulted the file and the variables that its lines name
 */
public record BatchFile(ByteString image, List<Option> options, List<ByteString> command, List<Consulted> consulted) {

    /** Far more than anybody writes by hand. */
    private static final int MAX_BYTES = 1 << 20;

    private static final String IMAGE = "image";
    private static final String COMMAND = "command";

    /**
     * A line.
     *
     * @param key without dashes
     * @param origin the file and the line
     */
    public record Option(String key, Optional<ByteString> value, String origin) {}

    public BatchFile {
        options = List.copyOf(options);
        command = List.copyOf(command);
        consulted = List.copyOf(consulted);
    }

    /** @param path absolute */
    public static BatchFile read(HostFiles files, Map<ByteString, ByteString> environment, ByteString path)
            throws JrunException {
        Optional<byte[]> content = files.read(path, MAX_BYTES);
        if (content.isEmpty()) {
            throw new NotFoundException(Failure.of("start from " + path, "there is no such file (ENOENT)")
                    .hint("`jrun batch --help` shows what it may say"));
        }
        Expansion expansion = new Expansion(environment);
        List<Consulted> consulted = new ArrayList<>();
        consulted.add(new Consulted.File(path, files.stat(path)));
        Reader reader = new Reader(path, expansion);
        for (TextLine line : TextLine.of(content.get())) {
            reader.add(line);
        }
        for (Map.Entry<ByteString, Optional<ByteString>> used : expansion.used().entrySet()) {
            consulted.add(new Consulted.Variable(used.getKey(), used.getValue()));
        }
        return new BatchFile(reader.image(), reader.options, reader.command, consulted);
    }

    private static final class Reader {
        private final ByteString file;
        private final Expansion expansion;
        private final List<Option> options = new ArrayList<>();
        private final List<ByteString> command = new ArrayList<>();
        private Optional<ByteString> found = Optional.empty();

        Reader(ByteString file, Expansion expansion) {
            this.file = file;
            this.expansion = expansion;
        }

        void add(TextLine line) throws UsageException {
            String origin = file + " line " + line.number();
            int equals = line.text().indexOf('=', 0);
            ByteString word = equals < 0 ? line.text() : trimmed(line.text().substring(0, equals));
            String key = word.toString();
            if (!key.matches("[a-z]+(-[a-z]+)*")) {
                throw new UsageException(Failure.of("read " + origin, "\"" + word + "\" is no key (EINVAL)")
                        .hint("write KEY = VALUE, or KEY alone; # begins a comment"));
            }
            Optional<ByteString> value = equals < 0
                    ? Optional.empty()
                    : Optional.of(expansion.expand(trimmed(line.text().substring(equals + 1)), origin));
            if (key.equals(IMAGE)) {
                once(found.isPresent(), key, origin);
                found = Optional.of(required(value, key, origin));
            } else if (key.equals(COMMAND)) {
                once(!command.isEmpty(), key, origin);
                command.addAll(words(required(value, key, origin), origin));
            } else {
                options.add(new Option(key, value, origin));
            }
        }

        ByteString image() throws UsageException {
            if (found.isEmpty()) {
                throw new UsageException(
                        Failure.of("start from " + file, "it has no line that names the image (EINVAL)")
                                .hint("for example: image = docker://debian:12"));
            }
            return found.get();
        }

        private static void once(boolean again, String key, String origin) throws UsageException {
            if (again) {
                throw new UsageException(Failure.of("read " + origin, "there is a line \"" + key + "\" before it"));
            }
        }

        private static ByteString required(Optional<ByteString> value, String key, String origin)
                throws UsageException {
            if (value.isEmpty() || value.get().isEmpty()) {
                throw new UsageException(Failure.of("read " + origin, key + " needs a value (EINVAL)")
                        .hint("write: " + key + " = VALUE"));
            }
            return value.get();
        }
    }

    private static ByteString trimmed(ByteString text) {
        int from = 0;
        int to = text.length();
        while (from < to && TextLine.isSpace(text.byteAt(from))) {
            from++;
        }
        while (to > from && TextLine.isSpace(text.byteAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    /** Parted by white space; quotes and backslashes keep as in sh(1), nothing else has a meaning. */
    static List<ByteString> words(ByteString text, String origin) throws UsageException {
        List<ByteString> words = new ArrayList<>();
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        boolean inWord = false;
        byte quote = 0;
        for (int i = 0; i < text.length(); i++) {
            byte b = text.byteAt(i);
            boolean escapes = b == '\\' && quote != '\'' && i + 1 < text.length();
            if (escapes && (quote == 0 || text.byteAt(i + 1) == '"' || text.byteAt(i + 1) == '\\')) {
                word.write(text.byteAt(++i));
                inWord = true;
            } else if (quote == 0 && (b == '\'' || b == '"')) {
                quote = b;
                inWord = true;
            } else if (quote != 0 && b == quote) {
                quote = 0;
            } else if (quote == 0 && TextLine.isSpace(b)) {
                if (inWord) {
                    words.add(ByteString.of(word.toByteArray()));
                    word.reset();
                }
                inWord = false;
            } else {
                word.write(b);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw new UsageException(Failure.of("read " + origin, "a quote is not closed (EINVAL)"));
        }
        if (inWord) {
            words.add(ByteString.of(word.toByteArray()));
        }
        return words;
    }
}

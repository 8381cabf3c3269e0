package io.jrun.image.account;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The entries of a netrc file: words apart by white space, quoted where they hold some; {@code $(…)} is one word. Source:
 * the netrc description in curl's documentation.
 */
final class Netrc {

    /** One account. Prints without its password. */
    record Entry(String machine, String login, String password) {
        @Override
        public String toString() {
            return login + '@' + machine;
        }
    }

    private final String text;
    private final Path file;
    private int position;

    private Netrc(String text, Path file) {
        this.text = text;
        this.file = file;
    }

    /** @param file named in messages, which never quote the text */
    static List<Entry> parse(String text, Path file) throws CorruptDataException {
        return new Netrc(text, file).entries();
    }

    private List<Entry> entries() throws CorruptDataException {
        List<Entry> entries = new ArrayList<>();
        Optional<String> machine = Optional.empty();
        String login = "";
        String password = "";
        while (true) {
            String keyword = word();
            if (keyword.isEmpty() || keyword.equals("machine") || keyword.equals("default")) {
                if (machine.isPresent() && !password.isEmpty()) {
                    entries.add(new Entry(machine.get(), login, password));
                }
                if (keyword.isEmpty()) {
                    return entries;
                }
                // An entry for every host would send a password to hosts that nobody named.
                machine = keyword.equals("machine") ? Optional.of(value(keyword)) : Optional.empty();
                login = "";
                password = "";
            } else {
                switch (keyword) {
                    case "login" -> login = value(keyword);
                    case "password" -> password = value(keyword);
                    case "account" -> value(keyword);
                    case "macdef" -> skipMacro();
                    default -> throw malformed("a word stands where login or password should");
                }
            }
        }
    }

    private String value(String keyword) throws CorruptDataException {
        String value = word();
        if (value.isEmpty()) {
            throw malformed("nothing follows \"" + keyword + '"');
        }
        return value;
    }

    /** The next word, empty at the end. */
    private String word() throws CorruptDataException {
        skipSpace();
        if (position == text.length()) {
            return "";
        }
        if (text.charAt(position) == '"') {
            return quoted();
        }
        return text.startsWith("$(", position) ? command() : plain();
    }

    private void skipSpace() {
        boolean comment = false;
        while (position < text.length()) {
            char c = text.charAt(position);
            comment = c == '#' || (comment && c != '\n');
            if (!comment && !Character.isWhitespace(c)) {
                return;
            }
            position++;
        }
    }

    private String plain() {
        int start = position;
        while (position < text.length() && !Character.isWhitespace(text.charAt(position))) {
            position++;
        }
        return text.substring(start, position);
    }

    private String quoted() throws CorruptDataException {
        StringBuilder word = new StringBuilder();
        for (position++; position < text.length(); position++) {
            char c = text.charAt(position);
            if (c == '"') {
                position++;
                return word.toString();
            }
            if (c == '\\' && position + 1 < text.length()) {
                c = text.charAt(++position);
            }
            word.append(c);
        }
        throw malformed("a quotation mark is not closed");
    }

    /** Up to the parenthesis that closes it, with its parentheses. */
    private String command() throws CorruptDataException {
        int start = position;
        int depth = 0;
        for (position++; position < text.length(); position++) {
            char c = text.charAt(position);
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth == 0) {
                position++;
                return text.substring(start, position) + plain();
            }
        }
        throw malformed("a parenthesis is not closed");
    }

    /** Macros end with an empty line. */
    private void skipMacro() {
        int end = text.indexOf("\n\n", position);
        position = end < 0 ? text.length() : end;
    }

    private CorruptDataException malformed(String why) {
        long line = text.substring(0, position).lines().count();
        return new CorruptDataException(Failure.of("read credentials from " + file, why + " (line " + line + ")")
                .hint("each entry is: machine HOST login USER password SECRET"));
    }
}

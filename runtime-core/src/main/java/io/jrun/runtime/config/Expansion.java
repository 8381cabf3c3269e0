package io.jrun.runtime.config;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Puts the caller's variables in the place of <code>${NAME}</code> and <code>${NAME:-OTHERWISE}</code>; a backslash
 * before the dollar sign keeps it as it is. A variable that is not set and has no alternative is empty.
 */
public final class Expansion {

    private final Map<ByteString, ByteString> environment;
    private final Map<ByteString, Optional<ByteString>> used = new LinkedHashMap<>();

    public Expansion(Map<ByteString, ByteString> environment) {
        this.environment = environment;
    }

    /** The variables asked for so far, each with the value it had. */
    Map<ByteString, Optional<ByteString>> used() {
        return used;
    }

    /** @param where names the place in messages */
    ByteString expand(ByteString text, String where) throws UsageException {
        ByteString result = ByteString.of("");
        int from = 0;
        int dollar = text.indexOf('$', 0);
        while (dollar >= 0) {
            if (dollar + 1 >= text.length() || text.byteAt(dollar + 1) != '{') {
                dollar = text.indexOf('$', dollar + 1);
                continue;
            }
            if (dollar > from && text.byteAt(dollar - 1) == '\\') {
                result = result.plus(text.substring(from, dollar - 1)).plus(ByteString.of("${"));
                from = dollar + 2;
            } else {
                int close = text.indexOf('}', dollar);
                if (close < 0) {
                    throw new UsageException(Failure.of("read " + where, "a ${ has no }"));
                }
                result =
                        result.plus(text.substring(from, dollar)).plus(value(text.substring(dollar + 2, close), where));
                from = close + 1;
            }
            dollar = text.indexOf('$', from);
        }
        return from == 0 ? text : result.plus(text.substring(from));
    }

    private ByteString value(ByteString inside, String where) throws UsageException {
        int colon = inside.indexOf(':', 0);
        boolean alternative = colon >= 0 && inside.substring(colon).startsWith(":-");
        ByteString name = alternative ? inside.substring(0, colon) : inside;
        if (!isName(name)) {
            throw new UsageException(Failure.of("read " + where, "\"${" + inside + "}\" names no variable")
                    .hint("write ${NAME} or ${NAME:-OTHERWISE}"));
        }
        Optional<ByteString> value = Optional.ofNullable(environment.get(name));
        used.put(name, value);
        if (alternative && (value.isEmpty() || value.get().isEmpty())) {
            return inside.substring(colon + 2);
        }
        return value.isPresent() ? value.get() : ByteString.of("");
    }

    /** Source: POSIX.1-2017, Base Definitions 3.235, "Name". */
    static boolean isName(ByteString text) {
        for (int i = 0; i < text.length(); i++) {
            byte b = text.byteAt(i);
            boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
            if (!letter && (i == 0 || b < '0' || b > '9')) {
                return false;
            }
        }
        return !text.isEmpty();
    }
}
